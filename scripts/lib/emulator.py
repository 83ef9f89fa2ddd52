"""Starts the AWS emulator (ministack) in the foreground, with one addition.

CloudFormation runs the transforms of a nested stack's template (AWS::Serverless, AWS::LanguageExtensions). The emulator
runs those of the root template only. The addition makes it do the same for nested ones, with its own functions, so that
the templates need no second form. Settings come from the environment: see emulator_ctl.py.
"""

import sys

from ministack import app
from ministack.services.cloudformation import engine


def transform_nested_templates() -> None:
    """Nested stacks look `_parse_template` up in `engine` when they are deployed; all other callers bound it at import."""
    parse = engine._parse_template

    def parse_and_transform(body):
        template = engine._apply_transforms(parse(body))
        if isinstance(template, engine._TransformFailed):
            raise ValueError(f"a nested template's transform failed: {template}")
        return template

    engine._parse_template = parse_and_transform


if __name__ == "__main__":
    # The handlers must have bound the plain function before it is replaced.
    import ministack.services.cloudformation.handlers  # noqa: F401
    import ministack.services.cloudformation.changesets  # noqa: F401

    transform_nested_templates()
    sys.argv = ["ministack"]
    app.main()
