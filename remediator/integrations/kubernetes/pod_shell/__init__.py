"""Inside pods: a shell over the exec subresource of the Kubernetes API, with receipts as on hosts."""
