"""botocore clients that are told what AWS answers: real parsing, signing and validation, no AWS."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.stub import Stubber

REGION = "eu-west-1"


def client(service: str, *, endpoint_url: str | None = None) -> Any:
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=endpoint_url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"total_max_attempts": 1}),
    )


class Stubbed:
    """Stands for `Clients`: answers are given in the order in which they were told, and all of them must be asked for.

    `uses` lists for each call whether the client was asked for to change something.
    """

    def __init__(self, service: str = "ec2") -> None:
        self.sdk = client(service)
        self.stubber = Stubber(self.sdk)
        self.uses: list[bool] = []
        self.regions = {REGION}

    def client(self, service: str, region: str, *, changes: bool) -> Any:
        assert region in self.regions
        self.uses.append(changes)
        return self.sdk

    def tell(self, operation: str, answer: Mapping[str, Any], **asked: Any) -> None:
        self.stubber.add_response(operation, dict(answer), asked or None)

    def refuse(
        self, operation: str, code: str, message: str = "said AWS", status: int = 400
    ) -> None:
        self.stubber.add_client_error(operation, code, message, status)

    def allow(self, operation: str) -> None:
        self.refuse(operation, "DryRunOperation", "would have succeeded", 412)

    def break_with(self, error: Exception) -> None:
        """What the wire does to every call from now on."""

        def before_send(**_: Any) -> None:
            raise error

        self.sdk.meta.events.register_first("before-send.*.*", before_send)

    @contextlib.contextmanager
    def all_asked(self) -> Iterator[None]:
        with self.stubber:
            yield
            self.stubber.assert_no_pending_responses()
