"""AWS through boto3, which is imported when first used. `calls` keeps the promise of `aws.api`."""
