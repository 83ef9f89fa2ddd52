"""Deploys the templates to the emulator, with the same `sam deploy` that AWS gets."""

import hashlib
import json
import platform
import ssl
import subprocess
import time
from pathlib import Path

import state

ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "arm64": "arm64", "aarch64": "arm64"}


def deploy(emulator):
    """Deploys, unless the same templates and binaries were deployed to this very run of the emulator."""
    mark = {"boot": emulator["boot"], "fingerprint": fingerprint()}
    if state.read(state.DEPLOYED) == mark:
        print("• Nothing to deploy: templates and functions are unchanged")
        return
    wait_for_earlier_deployment(emulator)
    log = state.LOGS / "deploy.log"
    with state.step("Deploying"):
        with open(log, "w") as output:
            answer = subprocess.run(
                [str(state.SAM / "sam"), "deploy", "--config-env", "local", "--parameter-overrides", *parameters(emulator)],
                env=state.aws_environment(emulator["endpoint"]),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        if answer.returncode != 0:
            print("\n".join(log.read_text(errors="replace").splitlines()[-60:]))
            raise state.Failure(f"the deployment failed; all of its output is in {log}. To begin anew: scripts/down && scripts/up")
    state.write(state.DEPLOYED, mark)


def outputs(emulator):
    """The outputs of the root template."""
    stacks = state.client("cloudformation", emulator["endpoint"]).describe_stacks(StackName=state.STACK)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]}


def parameters(emulator):
    """Those of samconfig.toml, and those that only this machine knows."""
    known = [
        f"Architecture={ARCHITECTURES.get(platform.machine().lower(), 'x86_64')}",
        f"CertificateFile={certificate_file()}",
        f"EmulatorHost=127.0.0.1:{emulator['port']}",
    ]
    return configured_parameters("local") + known


def certificate_file():
    """The file that this machine keeps the certificates of authorities in."""
    paths = ssl.get_default_verify_paths()
    known = [paths.cafile, "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"]
    return next((path for path in known if path and Path(path).is_file()), known[1])


def configured_parameters(settings):
    """SAM replaces its file's parameters by those of the command line, so that both have to be given there."""
    script = (
        "import json, sys, tomlkit; deploy = tomlkit.load(open('samconfig.toml'))[sys.argv[1]]['deploy']['parameters']; "
        "print(json.dumps(deploy.get('parameter_overrides', [])))"
    )
    command = [str(state.SAM / "python"), "-c", script, settings]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def fingerprint():
    digest = hashlib.sha256()
    files = [state.CHECKOUT / "samconfig.toml", *sorted((state.CHECKOUT / "infra").rglob("*.yaml"))]
    files += sorted((state.CHECKOUT / "target" / "lambda").glob("*/bootstrap"))
    for path in files:
        digest.update(str(path.relative_to(state.CHECKOUT)).encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def wait_for_earlier_deployment(emulator):
    """A deployment that was interrupted goes on in the emulator, which refuses a second one meanwhile."""
    cloudformation = state.client("cloudformation", emulator["endpoint"])
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            status = cloudformation.describe_stacks(StackName=state.STACK)["Stacks"][0]["StackStatus"]
        except cloudformation.exceptions.ClientError:
            return
        if not status.endswith("_IN_PROGRESS") or status == "REVIEW_IN_PROGRESS":
            break
        time.sleep(1)
    if status in ("ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED"):
        cloudformation.delete_stack(StackName=state.STACK)
        time.sleep(1)
