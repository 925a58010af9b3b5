"""Ask and change Kubernetes clusters through their HTTP API; keeps the promises of `kubernetes.api`."""
