"""What the SDK raises, in our words: translated here and nowhere else.

Codes from the API's references (EC2 "Error codes", RDS and Auto Scaling "Common errors"). What is not known is refused
for good where AWS answered below 500; above, and without an answer, nobody knows what a change came to.
"""

from __future__ import annotations

from typing import Any

from remediator.core.errors import ActionError, Permanent, Stale, Transient, Uncertain
from remediator.core.plaintext import one_line
from remediator.integrations.aws.api import Call

_THROTTLED = {
    "RequestLimitExceeded", "Throttling", "ThrottlingException", "ThrottledException",
    "RequestThrottled", "TooManyRequestsException", "EC2ThrottledException", "ResourceContention",
}  # fmt: skip
_NOT_NOW = {
    "VolumeModificationRateExceeded", "IncorrectModificationState", "IncorrectState", "VolumeInUse",
    "SnapshotCreationPerVolumeRateExceeded", "ConcurrentSnapshotLimitExceeded",
    "ScalingActivityInProgress", "ScalingActivityInProgressFault", "InvalidDBInstanceState",
    "InvalidDBInstanceStateFault", "InsufficientInstanceCapacity", "InsufficientVolumeCapacity",
}  # fmt: skip
_DENIED = {"UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "OptInRequired"}
_SIGN_IN_AGAIN = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_THERE_ALREADY = {"DBInstanceAlreadyExists", "DBInstanceAlreadyExistsFault"}
_ENCODED = "Encoded authorization failure message"
_LONGEST = 400


def is_nothing_found(error: Exception) -> bool:
    """Say whether AWS answered that what was asked about does not exist."""
    code = _code(error)
    return code.endswith((".NotFound", "NotFound", "NotFoundFault"))


def is_rehearsed(error: Exception) -> bool:
    """Say whether AWS answered that the change would have been made (`DryRun`)."""
    return _code(error) == "DryRunOperation"


def translated(error: Exception, call: Call, *, changes: bool) -> ActionError:
    """Return what the SDK raised as one of the four action errors; `changes` where the call was to change something."""
    from botocore import exceptions as sdk
    from botocore.parsers import ResponseParserError

    place = f"{call.service} {call.region}"
    if isinstance(error, sdk.ClientError):
        return _answered(error, call, changes=changes)
    if isinstance(error, sdk.NoCredentialsError | sdk.PartialCredentialsError):
        detail = "there are no credentials: give the daemon a role, or AWS_PROFILE and the like"
        return Permanent(detail, target=place)
    if isinstance(error, sdk.ConnectionError) and not isinstance(error, sdk.SSLError):
        return Transient(f"could not be reached: {_sentence(error)}", target=place)
    if isinstance(error, sdk.HTTPClientError | sdk.SSLError | ResponseParserError):
        kind = Uncertain if changes else Transient
        return kind(f"the answer did not come: {_sentence(error)}", target=place)
    if isinstance(error, sdk.CredentialRetrievalError | sdk.MetadataRetrievalError):
        return Transient(f"no credentials for now: {_sentence(error)}", target=place)
    return Permanent(_sentence(error), target=place)


def _answered(error: Any, call: Call, *, changes: bool) -> ActionError:
    code, place = _code(error), f"{call.service} {call.region}"
    said = f"{code}: {_sentence_of(error)}"
    if code in _DENIED:
        return Permanent(_denied(error, call), target=place)
    if code in _THROTTLED or code in _NOT_NOW or code in _SIGN_IN_AGAIN:
        return Transient(said, target=place)
    if code in _THERE_ALREADY:
        return Stale(said, target=place)
    if int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)) >= 500:
        kind = Uncertain if changes else Transient
        return kind(said, target=place)
    return Permanent(said, target=place)


def _denied(error: object, call: Call) -> str:
    said = _sentence_of(error).partition(_ENCODED)[0].strip()
    action = f"{call.service}:{_camel(call.operation)}"
    return f"we may not {action}: {said} The permission, or the tag that it asks for, is missing"


def _camel(operation: str) -> str:
    words = "".join(word.capitalize() for word in operation.split("_"))
    return words.replace("Db", "DB")


def _code(error: Exception) -> str:
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def _sentence_of(error: Any) -> str:
    return one_line(str(error.response.get("Error", {}).get("Message", "")), _LONGEST)


def _sentence(error: Exception) -> str:
    return one_line(str(error), _LONGEST)
