"""Run nginx, and behind it gunicorn, until one of the two ends or SIGTERM comes."""

import getpass
import os
import signal
import string
import subprocess
import sys
from pathlib import Path

scratch = os.environ["SCRATCH"]
template = string.Template(Path(__file__).with_name("nginx.conf").read_text())
configuration = Path(scratch, "nginx.conf")
configuration.write_text(template.substitute(user=getpass.getuser(), scratch=scratch, port=os.environ["PORT"]))

gunicorn = ["gunicorn", "--worker-class", "gevent", "--workers", os.environ["WORKERS"], "--timeout", "60"]
servers = {
    subprocess.Popen(["nginx", "-c", str(configuration), "-e", f"{scratch}/error.log"]): signal.SIGQUIT,
    subprocess.Popen([*gunicorn, "--bind", f"unix:{scratch}/gunicorn.sock", "wsgi:app"]): signal.SIGTERM,
}


def stop(*_: object) -> None:
    """End both, each by the signal that lets it finish what is in flight."""
    for server, gently in servers.items():
        if server.poll() is None:
            server.send_signal(gently)
    for server in servers:
        server.wait()
    sys.exit(0)


signal.signal(signal.SIGTERM, stop)
os.wait()
stop()
