"""AWS: EC2, EBS, Auto Scaling groups and RDS."""
