"""The manifests for Kubernetes and AWS Batch are what these take, and say what the program takes."""

import json
import re
import subprocess
import sys
from pathlib import Path

import boto3
import kubernetes_validate
import yaml
from botocore.validate import ParamValidator

HERE = Path(__file__).resolve().parents[3] / "package" / "explore"
SIM = Path(sys.argv[1]).resolve()


def parses(arguments):
    """The program knows the command and its options; the campaign itself is not there."""
    done = subprocess.run([SIM, *arguments, "--help"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for option in (word for word in arguments if word.startswith("--")):
        assert option in done.stdout, f"{option} is no option of {arguments[:3]}"


def option(arguments, name):
    return int(arguments[arguments.index(name) + 1])


def kubernetes():
    plan, parts = yaml.safe_load_all((HERE / "kubernetes-indexed-job.yaml").read_text())
    for job in (plan, parts):
        kubernetes_validate.validate(job, "1.33", strict=True)
        assert job["spec"]["template"]["metadata"]["labels"] == job["metadata"]["labels"]
        parses(job["spec"]["template"]["spec"]["containers"][0]["args"])
    arguments = plan["spec"]["template"]["spec"]["containers"][0]["args"]
    assert parts["spec"]["completions"] == option(arguments, "--parts")
    pod = [job["spec"]["template"]["spec"] for job in (plan, parts)]
    for spec in pod:
        spec["containers"][0].pop("args")
    assert pod[0] == pod[1], "the two pods differ in what they do alone"


def batch():
    requests = json.loads((HERE / "aws-batch-array.json").read_text())
    model = boto3.client("batch", region_name="us-east-1").meta.service_model
    operations = {"registerJobDefinition": "RegisterJobDefinition", "submitJob": "SubmitJob", "plan": "SubmitJob"}
    for name, operation in operations.items():
        problems = ParamValidator().validate(requests[name], model.operation_model(operation).input_shape)
        assert not problems.has_errors(), problems.generate_report()
    parses(requests["registerJobDefinition"]["containerProperties"]["command"])
    arguments = requests["plan"]["containerOverrides"]["command"]
    parses(arguments)
    assert requests["submitJob"]["arrayProperties"]["size"] == option(arguments, "--parts")


def containerfile():
    """The image has what the program reads, where it was built."""
    text = (HERE / "Containerfile").read_text()
    for name in ("template.yaml", "strategies", "scenarios"):
        assert re.search(rf"/alchemiser/{name} /alchemiser/{name}$", text, re.MULTILINE), name


if __name__ == "__main__":
    for test in (kubernetes, batch, containerfile):
        test()
        print(f"ok {test.__name__}")
