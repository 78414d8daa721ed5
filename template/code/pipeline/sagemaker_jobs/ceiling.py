"""The ceiling: what no job and no endpoint may exceed, however it is asked for.

A tuning job counts by the instances of all training jobs that it may run at a time. Several runs at a time, as with
--vary, do not count together: each of their jobs stays below, and --parallel says how many there are.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from utils.config_reader import ConfigError

from .settings import Config, Deployment, Inference, Job

SETTINGS = {"tuning": "training"}  # a tuning job is made of training jobs, each of which has to stay below


def check(config: Config, batches: Iterable[str]) -> None:
    """Refuse what is above the ceiling, before anything is asked of SageMaker.

    Args:
        config: the environment's.
        batches: names of batches; those that start nothing are left out.

    Raises:
        ConfigError: an instance type, a count or a runtime is above; names its key.
    """
    for batch in batches:
        key = SETTINGS.get(batch, batch)
        settings = getattr(config, key, None)
        if isinstance(settings, Job):
            _check_type(config, key, settings.instance_type)
            _check_most(f"{key}.instance_count", settings.instance_count, config.ceiling.instance_count)
            if not (isinstance(settings, Inference) and settings.job == "transform"):  # which has no runtime to set
                _check_most(f"{key}.max_runtime_seconds", settings.max_runtime_seconds, config.ceiling.runtime_seconds)
            if batch == "tuning":
                product = "tuning.max_parallel_jobs x training.instance_count"
                at_a_time = config.tuning.max_parallel_jobs * settings.instance_count
                _check_most(product, at_a_time, config.ceiling.instance_count)
        elif isinstance(settings, Deployment) and settings.kind != "serverless":
            _check_type(config, key, settings.instance_type)
            _check_most(f"{key}.instance_count", settings.instance_count, config.ceiling.instance_count)
            most = settings.autoscaling.most if settings.autoscaling else 0
            _check_most(f"{key}.autoscaling.most", most, config.ceiling.instance_count)


def check_type(config: Config, key: str, instance_type: str) -> None:
    """Refuse an instance type above the ceiling.

    Raises:
        ConfigError: no pattern of the ceiling matches it.
    """
    patterns = config.ceiling.instance_types
    if not any(fnmatchcase(instance_type, pattern) for pattern in patterns):
        raise ConfigError(f"{key} is {instance_type}, above the ceiling; accepted: {', '.join(patterns) or 'none'}")


def _check_type(config: Config, key: str, instance_type: str) -> None:
    check_type(config, f"{key}.instance_type", instance_type)


def _check_most(key: str, value: int, most: int) -> None:
    if value > most:
        raise ConfigError(f"{key} is {value}, above the ceiling; accepted: at most {most}")
