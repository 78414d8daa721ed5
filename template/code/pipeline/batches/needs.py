"""Name the backend that is to run jobs, if any is, and say what is wrong before it is made ready: for pipeline.sh."""

import sys

from utils.config_reader import ConfigError

from . import CLEANUP, command


def main() -> int:
    """Print the backend; nothing for a dry run, or where cleanup alone is asked for, which starts no job."""
    options = command.parser().parse_args()
    try:
        command.configured(options)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    if not options.dry_run and options.batches != [CLEANUP]:
        print(options.backend)
    return 0


if __name__ == "__main__":
    sys.exit(main())
