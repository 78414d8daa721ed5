"""What AWS's SDK raises, in one line that says what to do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions

from ..config_reader import ConfigError

DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"}
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
UNKNOWN_KEY = {"InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch"}
THROTTLED = {"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown"}
AWAY = {"InternalFailure", "InternalServerException", "ServiceUnavailable", "ServiceUnavailableException", "500", "503"}
EXISTING = re.compile(r"already existing", re.IGNORECASE)
MISSING = re.compile(r"could not find|resource not found", re.IGNORECASE)
SIGN_IN = "accepted: a new sign-in, such as `aws sso login`, or new keys"
NOT_SIGNED_IN = exceptions.NoCredentialsError, exceptions.PartialCredentialsError, exceptions.ProfileNotFound
SIGNED_OUT = (
    exceptions.UnauthorizedSSOTokenError,
    exceptions.SSOTokenLoadError,
    exceptions.TokenRetrievalError,
    exceptions.CredentialRetrievalError,
)
NO_WAY = exceptions.ConnectionError, exceptions.HTTPClientError


class AwsError(ConfigError):
    """AWS refuses what it is asked for, or cannot be asked."""


class Passing(AwsError):
    """AWS cannot answer at the moment: it is asked too much, or cannot be reached."""


class Unanswered(Passing):
    """Nor is it known whether AWS has done what it was asked for."""


class NotSignedIn(AwsError):
    """There are no credentials, or none that are still good: whatever comes next will be refused too."""


class NotThere(AwsError):
    """There is no such thing."""


class AlreadyThere(AwsError):
    """There is something of that name."""


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn what AWS's SDK raises into one clear line.

    Args:
        what: was asked for; the line begins with it.

    Raises:
        AwsError: anything that the SDK raises, as the class above that fits best.
    """
    try:
        yield
    except exceptions.ClientError as error:
        known = error.response.get("Error", {})
        raise _kind(known)(f"{what}: {_answer(known)}") from error
    except NO_WAY as error:
        raise Unanswered(
            f"{what}: {error}; accepted: a way to AWS's network, and the right region and proxy"
        ) from error
    except exceptions.BotoCoreError as error:
        kind = NotSignedIn if isinstance(error, (*NOT_SIGNED_IN, *SIGNED_OUT)) else AwsError
        raise kind(f"{what}: {_no_answer(error)}") from error


def _kind(error: dict[str, str]) -> type[AwsError]:
    code = error.get("Code", "")
    if code in THROTTLED:
        return Passing
    if code in AWAY:
        return Unanswered
    if code == "ResourceInUse" or EXISTING.search(error.get("Message", "")):
        return AlreadyThere
    is_missing = code.startswith(("ResourceNotFound", "ObjectNotFound")) or MISSING.search(error.get("Message", ""))
    return NotThere if is_missing else AwsError


def _answer(error: dict[str, str]) -> str:
    code, words = error.get("Code", ""), " ".join(error.get("Message", "").split())
    if code == "NoSuchBucket":
        bucket = f" {error['BucketName']}" if "BucketName" in error else ""
        return f"there is no bucket{bucket}; accepted: the name of one, in the key `bucket` or in the URI"
    if code in DENIED:
        return f"access denied ({words}); accepted: a role or user whose policy allows it"
    if code in EXPIRED:
        return f"the credentials have expired; {SIGN_IN}"
    if code in UNKNOWN_KEY:
        return f"AWS does not know the credentials ({code}); {SIGN_IN}"
    if code in THROTTLED:
        return f"{words} ({code}), asked several times; accepted: the same command later, with --resume"
    return f"{words or 'refused'} ({code})"


def _no_answer(error: exceptions.BotoCoreError) -> str:
    if isinstance(error, NOT_SIGNED_IN):
        return f"{error}; accepted: AWS_PROFILE or AWS_ACCESS_KEY_ID and its secret, or a role of the machine"
    if isinstance(error, SIGNED_OUT):
        return f"the credentials have expired or cannot be had ({error}); {SIGN_IN}"
    if isinstance(error, exceptions.NoRegionError):
        return "no region is named; accepted: AWS_REGION, such as us-east-1"
    return " ".join(str(error).split())
