"""How many instances the endpoint has: as many as its load wants, within what the settings say."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sagemaker_jobs.requests import endpoint, scaling
from utils.aws.errors import NotThere
from utils.config_reader import ConfigError

from ..context import Context

SERVICE = "application-autoscaling"
Description = dict[str, Any]


@dataclass(frozen=True)
class Scaled:
    """What has made an endpoint scale, each as AWS describes it.

    Attributes:
        target: how few and how many instances there may be.
        policies: when they change.
        alarms: that which calls for the first instance, if there is one.
    """

    target: Description
    policies: list[Description]
    alarms: list[Description]


def by_load(context: Context) -> None:
    """Register the endpoint with Application Auto Scaling, if the settings say so."""
    settings = context.config.deployment.autoscaling
    if not settings or not (client := _client(context)):
        return
    client.register_scalable_target(**scaling.target(context.config))
    client.put_scaling_policy(**scaling.policy(context.config))
    if settings.least > 0:
        first = scaling.first_instance(endpoint.name(context.config))
        if delete_alarm(context, endpoint.name(context.config)):  # of settings by which it had no instances at times
            with suppress(NotThere):  # where it went with the registration
                client.delete_scaling_policy(PolicyName=first, **scaling.place(context.config))
    else:
        policy = client.put_scaling_policy(**scaling.policy_from_none(context.config))
        alarm = scaling.alarm_from_none(context.config, policy["PolicyARN"])
        context.backend.client("cloudwatch").put_metric_alarm(**alarm)


@contextmanager
def released(context: Context, configured: str) -> Iterator[None]:
    """Have the endpoint out of Application Auto Scaling, where the settings want none any more, or other instances.

    SageMaker refuses to change the instances of one that is still registered. After an error it scales as before.

    Args:
        context: the batch's.
        configured: name of the configuration that it has now.
    """
    before = _to_release(context, configured)
    try:
        if before:
            _release(context, before)
        yield
    except BaseException:
        if before:
            _restore(context, before)
        raise


def _to_release(context: Context, configured: str) -> Scaled | None:
    """Describe what is to be taken away, if something is."""
    settings = context.config.deployment
    if not (client := _client(context)):
        return None
    place = scaling.place(context.config)
    asked = {"ServiceNamespace": place["ServiceNamespace"], "ResourceIds": [place["ResourceId"]]}
    try:
        targets = client.describe_scalable_targets(**asked)["ScalableTargets"]
    except ConfigError as error:
        if settings.autoscaling:
            raise
        context.console.print(f"whether the endpoint was scaled is not known: {error}", markup=False, highlight=False)
        return None
    if not targets:
        return None
    if settings.autoscaling:
        described = context.backend.sagemaker.describe_endpoint_config(EndpointConfigName=configured)
        if {variant.get("InstanceType") for variant in described["ProductionVariants"]} == {settings.instance_type}:
            return None
    known = {"ServiceNamespace": place["ServiceNamespace"], "ResourceId": place["ResourceId"]}
    policies = client.describe_scaling_policies(**known)["ScalingPolicies"]
    return Scaled(targets[0], policies, _alarms(context, endpoint.name(context.config)))


def _release(context: Context, before: Scaled) -> None:
    client, place = _client(context), scaling.place(context.config)
    if context.config.deployment.autoscaling:  # by_load makes the rest anew
        client.deregister_scalable_target(**place)
        return
    for policy in before.policies:
        client.delete_scaling_policy(PolicyName=policy["PolicyName"], **place)
    client.deregister_scalable_target(**place)
    delete_alarm(context, endpoint.name(context.config))


def _restore(context: Context, before: Scaled) -> None:
    """Register the endpoint again as it was; tell where that fails."""
    client, name = _client(context), endpoint.name(context.config)
    try:
        client.register_scalable_target(**scaling.again("RegisterScalableTarget", before.target))
        arns = {}
        for policy in before.policies:
            made = client.put_scaling_policy(**scaling.again("PutScalingPolicy", policy))
            arns[policy["PolicyARN"]] = made["PolicyARN"]
        for alarm in before.alarms:
            actions = [arns.get(action, action) for action in alarm["AlarmActions"]]
            asked = scaling.again("PutMetricAlarm", alarm | {"AlarmActions": actions}, "cloudwatch")
            context.backend.client("cloudwatch").put_metric_alarm(**asked)
    except ConfigError as error:
        line = f"endpoint {name} does not scale any more: {error}; accepted: a deployment that completes"
        context.console.print(line, markup=False, highlight=False, soft_wrap=True)


def delete_alarm(context: Context, name: str) -> bool:
    """Delete the alarm by which an endpoint without instances gets its first, if there is one; tell whether there was.

    Args:
        context: the batch's.
        name: the endpoint's.
    """
    alarm = scaling.first_instance(name)
    try:
        if not _alarms(context, name):
            return False
        context.backend.client("cloudwatch").delete_alarms(AlarmNames=[alarm])
    except ConfigError as error:
        context.console.print(f"alarm {alarm} stays, if there is one: {error}", markup=False, highlight=False)
        return False
    return True


def _alarms(context: Context, name: str) -> list[Description]:
    client = context.backend.client("cloudwatch")
    return client.describe_alarms(AlarmNames=[scaling.first_instance(name)])["MetricAlarms"] if client else []


def _client(context: Context) -> Any:
    """Give the client of the service; None where nothing scales on this machine."""
    client = context.backend.client(SERVICE)
    if client is None and context.config.deployment.autoscaling:
        context.console.print("the endpoint keeps its instances: nothing scales on this machine", highlight=False)
    return client
