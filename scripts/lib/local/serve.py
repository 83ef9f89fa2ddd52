"""Runs the AWS emulator (ministack) in the foreground, with corrections.

Where the emulator answers otherwise than AWS does, the templates would need a second form for it. They have one form, the
one that is right on AWS, and what differs is corrected here, for the pinned version: each function says how. Settings come
from the environment that `emulator.py` makes.
"""

import json
import os
import sys
import threading
import time

from ministack import app
from ministack.core import iam_actions
from ministack.services import apigateway, cloudformation, eventbridge, lambda_svc
from ministack.services.cloudformation import changesets, engine, handlers, provisioners  # noqa: F401 (they bind the plain parser)

import stream_failures

RULE_TARGET_ACTIONS = {"PutTargets", "RemoveTargets", "ListTargetsByRule"}
BUS_ACTIONS = {"CreateEventBus", "DescribeEventBus", "DeleteEventBus"}


def transform_nested_templates():
    """AWS runs the transforms of nested templates (SAM, language extensions), the emulator only those of the root.

    Nested stacks look the parser up when they are deployed, so that only they get this one.
    """
    parse = engine._parse_template

    def parse_and_transform(body):
        template = engine._apply_transforms(parse(body))
        if isinstance(template, engine._TransformFailed):
            raise ValueError(f"a transform of a nested template failed: {vars(template)}")
        return template

    engine._parse_template = parse_and_transform


def keep_attributes_of_unchanged_resources():
    """When a nested stack is updated, the emulator forgets the attributes (`Fn::GetAtt`) of resources that did not change."""
    update = provisioners._update_resource

    def update_resource(kind, physical_id, old, new, stack_name, logical_id=None, old_attrs=None):
        if old_attrs is None:
            known = cloudformation._stacks.get(stack_name, {}).get("_resources", {}).get(logical_id, {})
            old_attrs = known.get("Attributes")
        return update(kind, physical_id, old, new, stack_name, logical_id, old_attrs)

    provisioners._update_resource = update_resource


def read_cors_of_templates():
    """A template's CORS settings are stored with the keys of CloudFormation, and read with those of the API."""
    headers_of = apigateway._cors_response_headers
    preflight_of = apigateway._cors_preflight_response

    def api_keys(cors):
        return {key[:1].lower() + key[1:]: value for key, value in (cors or {}).items()}

    apigateway._cors_response_headers = lambda cors, origin: headers_of(api_keys(cors), origin)
    apigateway._cors_preflight_response = lambda cors, origin: preflight_of(api_keys(cors), origin)


def match_line_breaks():
    """A route's `{proxy+}` takes every path on AWS; the emulator's stops at an encoded line break."""
    extract = apigateway._extract_path_params
    apigateway._extract_path_params = lambda route, path: extract(route, path.replace("\n", " "))


def name_event_resources():
    """AWS authorizes calls on a rule's targets by the rule, and calls on a bus by the bus."""
    resource_of = iam_actions.extract_resource_arn

    def resource(service, method, path, headers, body, query_params, region, account_id, *rest, **named):
        if service == "events":
            action = (headers.get("x-amz-target") or headers.get("X-Amz-Target") or "").rpartition(".")[2]
            prefix = f"arn:aws:events:{region}:{account_id}"
            if action in RULE_TARGET_ACTIONS:
                request = json.loads(body or b"{}")
                return f"{prefix}:rule/{request.get('EventBusName', 'default')}/{request.get('Rule', '')}"
            if action in BUS_ACTIONS:
                return f"{prefix}:event-bus/{json.loads(body or b'{}').get('Name', 'default')}"
        return resource_of(service, method, path, headers, body, query_params, region, account_id, *rest, **named)

    iam_actions.extract_resource_arn = resource


def repeat_what_rules_and_schedules_call():
    """Rules and schedules call functions asynchronously: AWS repeats a call that fails, then puts it into the failure queue.

    The emulator does so for direct asynchronous calls only.
    """

    def dispatch(arn, payload):
        function, config, _name = lambda_svc._get_func_record_for_ref(arn)
        if function and config:
            record = lambda_svc._execution_record_for_config(function, config)
            lambda_svc.invoke_async_with_retry(record, json.loads(payload))

    eventbridge._dispatch_to_lambda = dispatch


def end_with(parent):
    """Ends this process soon after the one that started it, however that ended."""

    def watch():
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    if "SWITCHTOWER_PARENT" in os.environ:
        end_with(int(os.environ["SWITCHTOWER_PARENT"]))
    transform_nested_templates()
    keep_attributes_of_unchanged_resources()
    read_cors_of_templates()
    match_line_breaks()
    name_event_resources()
    repeat_what_rules_and_schedules_call()
    stream_failures.report()
    sys.argv = ["ministack"]
    app.main()
