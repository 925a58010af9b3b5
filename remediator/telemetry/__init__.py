"""Journal event in, one log line and the metrics it moves out. The only room that knows either; the app feeds it."""

from remediator.telemetry.log_format import setup_logging
from remediator.telemetry.telemetry import Telemetry

__all__ = ["Telemetry", "setup_logging"]
