"""The processes that serve: gunicorn, which forks a worker for each model in memory and replaces one that dies."""

import gc
import sys

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from ..errors import InputError
from . import json_log
from .connections import Worker
from .metrics import share_between_workers
from .service import check_port, find_handlers, import_libraries, share_cores
from .settings import Settings

KEEP_ALIVE_SECONDS = 75  # longer than those who keep connections to it do
DRAIN_SECONDS = 25  # SageMaker sends SIGKILL 30 s after SIGTERM


class Log(Logger):
    """Gunicorn's log without a line for each request: `request_log.py` writes it."""

    access_log_enabled = False


class Server(BaseApplication):
    """Gunicorn without its command line."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Set what differs from gunicorn's defaults."""
        options = {
            "bind": f"{self.settings.host}:{self.settings.port}",
            "workers": self.settings.workers,
            "worker_class": Worker,
            "preload_app": True,
            "timeout": 0,  # a prediction may take as long as SageMaker waits
            "keepalive": KEEP_ALIVE_SECONDS,
            "graceful_timeout": DRAIN_SECONDS,
            "logger_class": Log,
            "control_socket_disable": True,
            "logconfig_dict": json_log.configuration(self.settings.log_level),
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self):
        """Give the application, before the workers are forked."""
        from .app import app

        import_libraries()
        gc.freeze()  # or each worker's garbage collection would copy what they share
        return app


def main() -> int:
    """Serve until SIGTERM, finish what is in flight, and give exit code 0."""
    try:
        settings = Settings.from_environment()
        share_cores(settings.workers)
        if settings.metrics:
            share_between_workers()
        find_handlers()
        check_port(settings.host, settings.port)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    Server(settings).run()
    return 0
