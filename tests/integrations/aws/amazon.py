"""An AWS in this process (moto) behind the real gateway, shared by the tests of AWS's actions."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from moto import mock_aws

from remediator.integrations.aws.gateway.blocking import Blocking
from remediator.integrations.aws.gateway.calls import AwsLooker, AwsWriter
from remediator.integrations.aws.gateway.clients import Clients
from remediator.integrations.aws.settings import AwsPrices, AwsSettings

REGION = "eu-west-1"
ALLOWED = {"remediator": "allowed"}
SETTINGS = AwsSettings(
    regions=(REGION,),
    allow_tags=ALLOWED,
    instance_by=("tag:Name", "private-ip-address"),
    prices=AwsPrices(source="price list of 2026-11", gib_month={"gp3": 0.088}),
)
_CLIENTS = (
    Clients()
)  # making one reads EC2's model of megabytes; moto answers for all that are made beside it


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def make_database(rds: Any, *, tags: Mapping[str, str] = ALLOWED, **more: Any) -> None:
    """Make `orders`, a database that may have replicas."""
    rds.create_db_instance(
        DBInstanceIdentifier="orders",
        DBInstanceClass="db.m6g.large",
        Engine="postgres",
        AllocatedStorage=100,
        MasterUsername="root",
        MasterUserPassword="not-a-secret",
        BackupRetentionPeriod=7,
        Tags=tag_list(tags),
        **more,
    )


def make_group(
    scaling: Any, image: str, *, desired: int = 2, tags: Mapping[str, str] = ALLOWED
) -> None:
    """Make `web`, an Auto Scaling group of 1 to 6."""
    if not scaling.describe_launch_configurations()["LaunchConfigurations"]:
        scaling.create_launch_configuration(
            LaunchConfigurationName="web", ImageId=image, InstanceType="t3.micro"
        )
    named = {"ResourceId": "web", "ResourceType": "auto-scaling-group", "PropagateAtLaunch": False}
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="web",
        LaunchConfigurationName="web",
        MinSize=1,
        MaxSize=6,
        DesiredCapacity=desired,
        AvailabilityZones=[f"{REGION}a"],
        Tags=[{**tag, **named} for tag in tag_list(tags)],
    )


@dataclass(kw_only=True)
class Amazon:
    """moto's services and our gateway to them."""

    settings: AwsSettings = SETTINGS
    addresses: Mapping[str, str] = field(default_factory=dict)
    blocking: Blocking = field(default_factory=lambda: Blocking("test-aws", workers=2))

    def service(self, name: str, region: str = REGION) -> Any:
        """The SDK, without our gateway."""
        return _CLIENTS.client(name, region, changes=True)

    @property
    def looker(self) -> AwsLooker:
        return AwsLooker(self.settings, _CLIENTS, self.blocking, self.addresses)

    @property
    def writes(self) -> AwsWriter:
        return AwsWriter(self.settings, _CLIENTS, self.blocking, self.addresses)

    def volume(
        self, gib: int = 100, *, tags: Mapping[str, str] = ALLOWED, region: str = REGION
    ) -> str:
        made = self.service("ec2", region).create_volume(
            AvailabilityZone=f"{region}a",
            Size=gib,
            VolumeType="gp3",
            TagSpecifications=[{"ResourceType": "volume", "Tags": tag_list(tags)}],
        )
        return str(made["VolumeId"])

    def instance(self, name: str = "web1", *, tags: Mapping[str, str] = ALLOWED) -> Any:
        ec2 = self.service("ec2")
        made = ec2.run_instances(
            ImageId=ec2.register_image(Name=f"image of {name}")["ImageId"],
            MinCount=1,
            MaxCount=1,
            TagSpecifications=[
                {"ResourceType": "instance", "Tags": tag_list({**tags, "Name": name})}
            ],
        )
        return made["Instances"][0]

    def attached(self, instance: str, device: str = "/dev/sdf", gib: int = 100) -> str:
        volume = self.volume(gib)
        self.service("ec2").attach_volume(Device=device, InstanceId=instance, VolumeId=volume)
        return volume

    def described(self, volume: str) -> Any:
        return self.service("ec2").describe_volumes(VolumeIds=[volume])["Volumes"][0]


@contextmanager
def amazon(settings: AwsSettings = SETTINGS) -> Iterator[Amazon]:
    os.environ.setdefault(
        "MOTO_EC2_LOAD_DEFAULT_AMIS", "false"
    )  # hundreds, which nobody here needs
    with mock_aws():
        yield Amazon(settings=settings)
