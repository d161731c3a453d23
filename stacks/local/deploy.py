"""Deploy a synthesised cloud assembly to the local cloud through CloudFormation, once per change."""

import hashlib
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stacks.local.cloud import ACCOUNT, REGION, LocalCloud

_DONE = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
_TIMEOUT_S = 120
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same archive for the same content
_PLACEHOLDERS = {"${AWS::AccountId}": ACCOUNT, "${AWS::Partition}": "aws", "${AWS::Region}": REGION}
_SSM_TYPE = "AWS::SSM::Parameter::Value<String>"


class DeploymentFailed(RuntimeError):
    """A stack did not become complete; carries the reasons that CloudFormation gave."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """One stack of an assembly."""

    name: str
    template: str
    assets: Mapping[str, Any]


def read_assembly(directory: Path) -> Sequence[Artifact]:
    """Return the assembly's stacks, each after those that it depends on."""
    artifacts = json.loads((directory / "manifest.json").read_text())["artifacts"]
    stacks = {name: each for name, each in artifacts.items() if each["type"] == "aws:cloudformation:stack"}
    ordered: dict[str, None] = {}

    def visit(name: str) -> None:
        for needed in stacks[name].get("dependencies", []):
            if needed in stacks and needed not in ordered:
                visit(needed)
        ordered[name] = None

    for name in stacks:
        visit(name)
    return [_read_artifact(directory, name, stacks[name]) for name in ordered]


class Deployment:
    """Brings the stacks of an assembly to the local cloud; does nothing for those that are there unchanged."""

    def __init__(
        self, cloud: LocalCloud, assembly: Path, *, report: Callable[[str], None] = lambda _line: None
    ) -> None:
        self._assembly = assembly
        self._report = report
        self._s3 = cloud.client("s3")
        self._ssm = cloud.client("ssm")
        self._formation = cloud.client("cloudformation")
        self._port = cloud.port

    def deploy(self) -> Sequence[str]:
        """Deploy what differs and return the names of the stacks that did.

        Raises:
            DeploymentFailed: With the reasons, when a stack doesn't become complete.
        """
        changed = []
        for artifact in read_assembly(self._assembly):
            digest = self._digest(artifact)
            if self._deployed(artifact.name) != digest:
                self._report(f"Deploying {artifact.name}")
                self._upload(artifact)
                self._apply(artifact)
                self._remember(artifact.name, digest)
                changed.append(artifact.name)
        return changed

    def _digest(self, artifact: Artifact) -> str:
        parameters = json.loads(artifact.template).get("Parameters", {}).values()
        names = [each["Default"] for each in parameters if each["Type"] == _SSM_TYPE]
        content = [artifact.template, *(f"{name}={self._value(name)}" for name in sorted(names))]
        return hashlib.sha256("\n".join(content).encode()).hexdigest()

    def _value(self, name: str) -> str | None:
        try:
            return str(self._ssm.get_parameter(Name=name)["Parameter"]["Value"])
        except self._ssm.exceptions.ParameterNotFound:
            return None

    def _deployed(self, stack: str) -> str | None:
        return self._value(_memory(stack)) if self._status(stack) in _DONE else None

    def _remember(self, stack: str, digest: str) -> None:
        self._ssm.put_parameter(Name=_memory(stack), Value=digest, Type="String", Overwrite=True)

    def _status(self, stack: str) -> str | None:
        try:
            return str(self._formation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])
        except self._formation.exceptions.ClientError:
            return None

    def _upload(self, artifact: Artifact) -> None:
        for asset in artifact.assets["files"].values():
            source = self._assembly / asset["source"]["path"]
            body = _zipped(source) if asset["source"]["packaging"] == "zip" else source.read_bytes()
            for destination in asset["destinations"].values():
                self._put(_filled(destination["bucketName"]), _filled(destination["objectKey"]), body)

    def _put(self, bucket: str, key: str, body: bytes) -> None:
        try:
            self._s3.head_bucket(Bucket=bucket)
        except self._s3.exceptions.ClientError:
            self._s3.create_bucket(Bucket=bucket)
        self._s3.put_object(Bucket=bucket, Key=key, Body=body)

    def _apply(self, artifact: Artifact) -> None:
        bucket = _filled("cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}")
        self._put(bucket, f"{artifact.name}.json", artifact.template.encode())
        wanted = {
            "StackName": artifact.name,
            "TemplateURL": f"http://127.0.0.1:{self._port}/{bucket}/{artifact.name}.json",
            "Capabilities": ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        }
        status = self._status(artifact.name)
        if status in _DONE:
            self._update(artifact.name, wanted)
        else:
            if status is not None:
                self._remove(artifact.name)
            self._formation.create_stack(**wanted)
        self._wait(artifact.name)

    def _update(self, stack: str, wanted: Mapping[str, Any]) -> None:
        try:
            self._formation.update_stack(**wanted)
        except self._formation.exceptions.ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise DeploymentFailed(f"{stack}: {error}") from error

    def _remove(self, stack: str) -> None:
        self._formation.delete_stack(StackName=stack)
        self._wait_until_settled(stack)

    def _wait(self, stack: str) -> None:
        status = self._wait_until_settled(stack)
        if status not in _DONE:
            raise DeploymentFailed(f"{stack} is {status}: {'; '.join(self._reasons(stack)) or 'no reason given'}")

    def _wait_until_settled(self, stack: str) -> str | None:
        deadline = time.monotonic() + _TIMEOUT_S
        while (status := self._status(stack)) and status.endswith("IN_PROGRESS"):
            if time.monotonic() > deadline:
                raise DeploymentFailed(f"{stack} is still {status} after {_TIMEOUT_S} s.")
            time.sleep(0.1)
        return status

    def _reasons(self, stack: str) -> Iterable[str]:
        for event in self._formation.describe_stack_events(StackName=stack)["StackEvents"]:
            if "FAILED" in event["ResourceStatus"] and event.get("ResourceStatusReason"):
                yield f"{event['LogicalResourceId']} ({event['ResourceType']}): {event['ResourceStatusReason']}"


def _read_artifact(directory: Path, name: str, artifact: Mapping[str, Any]) -> Artifact:
    template = (directory / artifact["properties"]["templateFile"]).read_text()
    assets = json.loads((directory / f"{name}.assets.json").read_text())
    return Artifact(name, template, assets)


def _filled(text: str) -> str:
    for placeholder, value in _PLACEHOLDERS.items():
        text = text.replace(placeholder, value)
    return text


def _memory(stack: str) -> str:
    return f"/nightdesk/local/deployed/{stack}"


def _zipped(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(str(path.relative_to(folder)), _EPOCH)
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, 1)
    return buffer.getvalue()
