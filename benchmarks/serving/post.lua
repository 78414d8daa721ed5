-- wrk's requests: the files named after "--" as JSON bodies, in turn where there are several. Its figures, as JSON.
function init(files)
   local requests = {}
   wrk.method = "POST"
   wrk.headers["Content-Type"] = "application/json"
   for number, path in ipairs(files) do
      local file = assert(io.open(path, "rb"))
      wrk.body = file:read("*a")
      file:close()
      requests[number] = wrk.format()
   end
   if #requests > 1 then -- without this function, wrk makes its one request once
      local count = 0
      function request()
         count = count + 1
         return requests[count % #requests + 1]
      end
   end
end

function done(summary, latency)
   local errors = summary.errors
   local failed = errors.connect + errors.read + errors.write + errors.timeout + errors.status
   local line = '{"requests": %d, "microseconds": %d, "p99": %d, "failed": %d}\n'
   io.write(line:format(summary.requests, summary.duration, latency:percentile(99), failed))
end
