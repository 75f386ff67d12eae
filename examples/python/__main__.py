import pulumi
from pulumi_batch_job_processor import BatchJobProcessor

text = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}

jobs = BatchJobProcessor(
    "jobs",
    processors=[
        {"name": "word-count", "handler": "word-count", "payload_schema": text},
        {"name": "checksum", "command": ["sha256sum"], "max_instances": 4},
    ],
)

pulumi.export("url", jobs.url)
