"""What an integration may lean on, in one place: whoever brings a system imports from here.

What stands in `__all__` keeps its name and meaning within a minor version. What goes is said in the CHANGELOG one
version before, and what other modules hold may move at any time. docs/extending.md is a whole package made of it.
"""

from __future__ import annotations

from remediator.core.change import ActionEffect, Change, Nothing, Safety
from remediator.core.errors import (
    ActionError,
    DeliveryError,
    InvalidTarget,
    Missing,
    Partial,
    Permanent,
    Stale,
    Transient,
    Uncertain,
)
from remediator.core.events import Evidence, Measure, Observation
from remediator.core.facts import Answer, Known
from remediator.core.messages import Message, MessageKind
from remediator.core.plaintext import one_line
from remediator.core.target import Target, parse_target
from remediator.documents.model_reader import Shape
from remediator.documents.secret import Secret
from remediator.documents.sign_in import SignInShape
from remediator.documents.value_types import File, Path_, SecretText, Url, Words
from remediator.ports.action import Action, Applier, Proposer, Request, Sight, Ticket
from remediator.ports.channel import Bundler, Channel, Deliverer
from remediator.ports.check import Check, Checker, Question
from remediator.ports.gateways import ReadKey, Reads, WriteKey, Writes
from remediator.ports.grants import Granting, GrantOption, Grants, GrantWriter, WrongOption
from remediator.ports.inspection import Finding, Level
from remediator.ports.integration import Connected, Inspected, Integration, Services
from remediator.ports.parameters import Duration, NoParameters, Parameters, Size
from remediator.ports.probe import Probe, Prober
from remediator.ports.rights import Right, Use
from remediator.ports.sections import Section, SectionReading, Sections

__all__ = [
    "Action",
    "ActionEffect",
    "ActionError",
    "Answer",
    "Applier",
    "Bundler",
    "Change",
    "Channel",
    "Check",
    "Checker",
    "Connected",
    "Deliverer",
    "DeliveryError",
    "Duration",
    "Evidence",
    "File",
    "Finding",
    "GrantOption",
    "GrantWriter",
    "Granting",
    "Grants",
    "Inspected",
    "Integration",
    "InvalidTarget",
    "Known",
    "Level",
    "Measure",
    "Message",
    "MessageKind",
    "Missing",
    "NoParameters",
    "Nothing",
    "Observation",
    "Parameters",
    "Partial",
    "Path_",
    "Permanent",
    "Probe",
    "Prober",
    "Proposer",
    "Question",
    "ReadKey",
    "Reads",
    "Request",
    "Right",
    "Safety",
    "Secret",
    "SecretText",
    "Section",
    "SectionReading",
    "Sections",
    "Services",
    "Shape",
    "Sight",
    "SignInShape",
    "Size",
    "Stale",
    "Target",
    "Ticket",
    "Transient",
    "Uncertain",
    "Url",
    "Use",
    "Words",
    "WriteKey",
    "Writes",
    "WrongOption",
    "one_line",
    "parse_target",
]
