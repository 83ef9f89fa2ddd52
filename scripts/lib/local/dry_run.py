"""Shows what CloudFormation would get on AWS, without an account: SAM packages into an emulator that lives for a moment."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import yaml

import emulator
import stack
import state

BUCKET = "dry-run"
ROOT = "template.yaml"
ZIP_LIMIT = 50 * 1024 * 1024


def dry_run(options):
    folder = state.STATE / "dry-run"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with state.step("Packaging"):
        sizes = package(folder)
    templates = {path.name: yaml.safe_load(path.read_text()) for path in sorted(folder.glob("*.yaml"))}
    show_parameters(templates[ROOT]["Parameters"], overrides(options))
    show_templates(templates)
    show_functions(sizes)
    print(f"\nThe packaged templates are in {folder.relative_to(state.CHECKOUT)}. Nothing was deployed.")


def package(folder):
    """Leaves the packaged templates in the folder. Answers the size of every function's zip file."""
    port = emulator.choose_port(None, quiet=True)
    endpoint = f"http://127.0.0.1:{port}"
    log = state.LOGS / "dry-run.log"
    with tempfile.TemporaryDirectory(dir=state.STATE) as data:
        process = emulator.launch(port, Path(data), log)
        try:
            emulator.wait_until_healthy(process, endpoint, log)
            s3 = state.client("s3", endpoint)
            s3.create_bucket(Bucket=BUCKET)
            run_sam(endpoint, folder / ROOT)
            return fetch(s3, folder)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def run_sam(endpoint, output):
    command = [str(state.SAM / "sam"), "package", "--language-extensions", "--s3-bucket", BUCKET, "--output-template-file", str(output)]
    answer = subprocess.run(command, env=state.aws_environment(endpoint), stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if answer.returncode != 0:
        raise state.Failure(f"`sam package` failed:\n{answer.stdout}{answer.stderr}")


def fetch(s3, folder):
    """Nested templates are objects named by their hash. They get the names of their stacks."""
    sizes = {}
    for name, resource in resources(folder / ROOT).items():
        key = resource["Properties"]["Location"].rpartition("/")[2]
        path = folder / f"{name}.yaml"
        path.write_bytes(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
        for function in resources(path).values():
            code = isinstance(function, dict) and function.get("Properties", {}).get("CodeUri")
            if code:
                key = code.rpartition("/")[2]
                size = s3.head_object(Bucket=BUCKET, Key=key)["ContentLength"]
                sizes[function["Properties"]["FunctionName"]["Fn::Sub"].removeprefix("${StackName}-")] = size
    return sizes


def resources(path):
    return yaml.safe_load(path.read_text())["Resources"]


def overrides(options):
    """The parameters of samconfig.toml or of the command line, which SAM takes instead."""
    pairs = stack.configured_parameters("default")
    if "--parameter-overrides" in options:
        pairs = options[options.index("--parameter-overrides") + 1 :]
        pairs = pairs[: next((at for at, pair in enumerate(pairs) if pair.startswith("--")), None)]
    return dict(pair.split("=", 1) for pair in " ".join(pairs).split())


def show_parameters(declared, given):
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise state.Failure(f"the template has no parameter {', '.join(f'`{name}`' for name in unknown)}")
    print("\nParameters")
    for name, parameter in declared.items():
        print(f"  {name:<20} {given.get(name, parameter.get('Default', ''))}")


def show_templates(templates):
    print("\nTemplates and what they declare")
    for name, template in templates.items():
        kinds = Counter(kind(resource) for resource in template["Resources"].values())
        print(f"  {name:<24} {', '.join(f'{count} {word}' for word, count in sorted(kinds.items()))}")


def kind(resource):
    return resource["Type"].removeprefix("AWS::") if isinstance(resource, dict) else "loop"


def show_functions(sizes):
    print("\nFunctions, zipped")
    for name, size in sorted(sizes.items()):
        print(f"  {name:<28} {mebibytes(size)}{'  too large for Lambda' if size > ZIP_LIMIT else ''}")
    print(f"  {'all of them':<28} {mebibytes(sum(sizes.values()))}")


def mebibytes(size):
    return f"{size / 1024 / 1024:7.2f} MiB"
