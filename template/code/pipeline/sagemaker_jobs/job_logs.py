"""The logs that jobs write, in CloudWatch Logs."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

GROUPS = {kind: f"/aws/sagemaker/{kind}s" for kind in ("TrainingJob", "ProcessingJob", "TransformJob")}
MOST_PAGES = 20  # of a stream at a time, each of up to 10 000 lines: the job is looked at in between
NOT_ALLOWED = {"AccessDenied", "AccessDeniedException"}


class JobLogs:
    """What jobs have written, from where the last look ended.

    Args:
        client: boto3's for CloudWatch Logs.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._ends: dict[tuple[str, str], str] = {}  # tokens by group and stream
        self._is_allowed = True

    def new_lines(self, kind: str, job_name: str) -> Iterator[str]:
        """Give the lines since the last call; those of several hosts begin with the host's name.

        Where CloudWatch Logs is throttled, or has nothing yet, they come with a later call; a log that may not be read
        says so once.
        """
        if kind not in GROUPS or not self._is_allowed:
            return
        group = GROUPS[kind]
        try:
            streams = self._streams(group, f"{job_name}/")
            for stream in streams:
                front = f"{stream.partition('/')[2].rpartition('-')[0]}: " if len(streams) > 1 else ""
                for line in self._lines(group, stream):
                    yield front + line
        except ClientError as error:
            if error.response["Error"]["Code"] in NOT_ALLOWED:
                self._is_allowed = False
                yield f"(the log cannot be shown: {error.response['Error']['Message']})"
        except BotoCoreError:
            return  # no way to AWS at the moment; who asks for the job's state is told

    def _streams(self, group: str, prefix: str) -> list[str]:
        answer = self._client.describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix)
        return [stream["logStreamName"] for stream in answer["logStreams"]]

    def _lines(self, group: str, stream: str) -> Iterator[str]:
        for _ in range(MOST_PAGES):
            end = self._ends.get((group, stream))
            token = {"nextToken": end} if end else {}
            page = self._client.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True, **token)
            self._ends[group, stream] = page["nextForwardToken"]
            yield from (event["message"].rstrip() for event in page["events"])
            if page["nextForwardToken"] == end:  # which is how the end is told
                return
