"""A daemon that never calls AWS never loads its SDK."""

import subprocess
import sys

import pytest

PROGRAM = """\
import sys
from remediator.app.gateways import build_gateways
from remediator.config.catalog import find_catalog
from remediator.config.settings import Settings
from remediator.integrations.aws.settings import AWS_SECTION, AwsSettings
from remediator.ports.sections import Sections

find_catalog()
aws = AwsSettings(regions=("eu-west-1",))
build_gateways(Settings(sections=Sections().having(AWS_SECTION, aws)))
sys.exit("boto3" in sys.modules or "botocore" in sys.modules)
"""


@pytest.mark.slow
def test_the_sdk_loads_with_the_first_call_only() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], check=False, capture_output=True)

    assert done.returncode == 0, done.stderr.decode()
