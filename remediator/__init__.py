"""remediator answers Prometheus alerts the way a careful engineer would."""

__version__ = "0.1.0"
