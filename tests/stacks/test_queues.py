"""No queue loses silently, and none of its messages is worked on twice at once."""

import json
from collections.abc import Mapping
from typing import Any

from tests.stacks.assembly import Assembly


def queues(assembly: Assembly) -> dict[str, Mapping[str, Any]]:
    return {name: props for _, name, props in assembly.resources("AWS::SQS::Queue")}


def is_dead_letter(properties: Mapping[str, Any]) -> bool:
    return "-dead" in properties["QueueName"]


def test_every_queue_has_a_dead_letter_queue_of_its_kind(assembly: Assembly) -> None:
    known = queues(assembly)
    working = {name: props for name, props in known.items() if not is_dead_letter(props)}
    assert len(working) == len(known) - len(working)
    for properties in working.values():
        target = properties["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        assert is_dead_letter(known[target])
        assert known[target].get("FifoQueue") == properties.get("FifoQueue")


def test_every_dead_letter_queue_has_an_alarm_at_the_first_message(assembly: Assembly) -> None:
    watched = {
        dimension["Value"]["Fn::GetAtt"][0]: props
        for _, _, props in assembly.resources("AWS::CloudWatch::Alarm")
        for dimension in props.get("Dimensions", [])
        if dimension["Name"] == "QueueName" and isinstance(dimension["Value"], dict)
    }
    dead = {name for name, props in queues(assembly).items() if is_dead_letter(props)}
    assert dead == set(watched)
    assert all(alarm["Threshold"] == 1 for alarm in watched.values())


def test_queues_are_encrypted_and_refuse_plain_http(assembly: Assembly) -> None:
    assert all(props["SqsManagedSseEnabled"] is True for props in queues(assembly).values())
    policies = json.dumps([props for _, _, props in assembly.resources("AWS::SQS::QueuePolicy")])
    assert policies.count("aws:SecureTransport") == len(queues(assembly))


def test_sources_report_single_failures_and_limit_themselves(assembly: Assembly) -> None:
    sources = [props for _, _, props in assembly.resources("AWS::Lambda::EventSourceMapping")]
    assert len(sources) == len([props for props in queues(assembly).values() if not is_dead_letter(props)])
    for source in sources:
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert 2 <= source["ScalingConfig"]["MaximumConcurrency"] <= 10


def test_messages_stay_hidden_longer_than_their_function_may_take(assembly: Assembly) -> None:
    functions = {name: props for _, name, props in assembly.resources("AWS::Lambda::Function")}
    hidden = {name: props["VisibilityTimeout"] for name, props in queues(assembly).items()}
    for _, _, source in assembly.resources("AWS::Lambda::EventSourceMapping"):
        timeout_s = functions[source["FunctionName"]["Ref"]]["Timeout"]
        exported = json.dumps(source["EventSourceArn"])
        (hidden_s,) = [seconds for name, seconds in hidden.items() if name in exported]
        assert hidden_s > timeout_s
