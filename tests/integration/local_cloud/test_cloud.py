"""The local cloud: nobody without the secret of this start gets in, and a killed one comes back as it was."""

import io
import json
import signal
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from stacks.local.cloud import LocalCloud
from stacks.local.ports import free_port

pytestmark = pytest.mark.integration
ORIGIN = "http://127.0.0.1:8080"
SECRET = "the-secret-of-this-start"
HANDLER = """
import os, sys, boto3
def handler(event, context):
    print("said by the function", file=sys.stderr)
    queues = boto3.client("sqs").list_queues()["QueueUrls"]
    return {"path": sys.path, "names": sorted(os.environ), "queues": queues}
"""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    state_dir: Path = tmp_path_factory.mktemp("cloud")
    with LocalCloud(state_dir / "state", port=free_port(), secret=SECRET, origin=ORIGIN) as running:
        running.client("sqs").create_queue(QueueName="victim")
        yield running


def _status(cloud: LocalCloud, path: str, headers: Mapping[str, str], body: bytes | None = None) -> int:
    request = urllib.request.Request(f"http://127.0.0.1:{cloud.port}{path}", data=body, headers=dict(headers))
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def _messages(cloud: LocalCloud) -> str:
    client = cloud.client("sqs")
    url = client.get_queue_url(QueueName="victim")["QueueUrl"]
    attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return str(attributes["Attributes"]["ApproximateNumberOfMessages"])


FORM = b"Action=SendMessage&MessageBody=hostile&QueueUrl=http://127.0.0.1/000000000000/victim"
FORM_TYPE = {"Content-Type": "application/x-www-form-urlencoded"}
SIGNED = "AWS4-HMAC-SHA256 Credential={key}/20261120/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://hostile.example"},
        {"Origin": "null"},
        {"Host": "hostile.example"},
        {"Authorization": SIGNED.format(key="test")},
        {"Authorization": SIGNED.format(key="000000000000")},
        {"Authorization": SIGNED.format(key=SECRET), "Origin": "https://hostile.example"},
        {"Authorization": SIGNED.format(key=SECRET), "Host": "hostile.example"},
        {"X-Nightdesk-Desk": "guess"},
        {"X-Nightdesk-Desk": SECRET, "Host": "rebound.example"},
    ],
)
@pytest.mark.parametrize("path", ["/", "/000000000000/victim", "/-/guess/", f"/-/{SECRET}x/"])
def test_a_hostile_page_puts_nothing_on_a_queue(cloud: LocalCloud, path: str, headers: Mapping[str, str]) -> None:
    if headers == {"Authorization": SIGNED.format(key=SECRET)}:
        pytest.fail("this would be the desk itself")
    before = _messages(cloud)
    assert _status(cloud, path, {**FORM_TYPE, **headers}, FORM) == 403
    assert _messages(cloud) == before


@pytest.mark.parametrize(
    "path", ["/_ministack/health", "/_ministack/reset", "/_aws/execute-api/x/y", "/-/instance", "/-/save"]
)
def test_no_inner_address_answers_without_the_secret(cloud: LocalCloud, path: str) -> None:
    assert _status(cloud, path, {}) == 403
    assert _status(cloud, path, {}, b"") == 403


def test_the_desks_own_origin_needs_the_secret_too(cloud: LocalCloud) -> None:
    assert _status(cloud, "/", {"Origin": ORIGIN}, FORM) == 403


def test_public_keys_are_public_but_not_for_other_hosts(cloud: LocalCloud) -> None:
    identity = cloud.client("cognito-idp")
    pool = identity.create_user_pool(PoolName="keys")["UserPool"]["Id"]
    path = f"/{pool}/.well-known/jwks.json"
    assert _status(cloud, path, {}) == 200
    assert _status(cloud, path, {"Host": "hostile.example"}) == 403
    assert _status(cloud, f"/x{path}", {}) == 403


def test_functions_call_the_cloud_but_not_the_clone(cloud: LocalCloud) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("own.py", HANDLER)
    functions = cloud.client("lambda")
    functions.create_function(
        FunctionName="own",
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/own",
        Handler="own.handler",
        Code={"ZipFile": archive.getvalue()},
    )
    said = json.loads(functions.invoke(FunctionName="own")["Payload"].read())
    assert [url for url in said["queues"] if url.endswith("/victim")]
    project = str(Path(__file__).parents[3])
    assert not [path for path in said["path"] if path.rstrip("/") in {project, f"{project}/layers"}]
    assert "PYTHONPATH" not in said["names"]
    assert "NIGHTDESK_DESK_SECRET" not in said["names"]
    assert "own said by the function" in cloud.functions_log.read_text()


def test_a_killed_cloud_comes_back_with_its_users(cloud: LocalCloud) -> None:
    identity = cloud.client("cognito-idp")
    pool = identity.create_user_pool(PoolName="people")["UserPool"]["Id"]
    made = identity.admin_create_user(UserPoolId=pool, Username="somebody", MessageAction="SUPPRESS")["User"]
    cloud.save()
    before = cloud.instance()
    assert cloud._process is not None
    cloud._process.send_signal(signal.SIGKILL)
    cloud._process.wait()
    assert cloud.instance() is None
    cloud.start()
    assert cloud.instance() != before
    assert identity.admin_get_user(UserPoolId=pool, Username="somebody")["UserAttributes"] == made["Attributes"]
