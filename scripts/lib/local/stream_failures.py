"""A correction of the emulator: what happens to records of a table's stream that a function cannot process.

The emulator takes a batch with `batchItemFailures` as processed, and repeats a batch that failed until its records are too
old. AWS honours the failures that are reported, splits failed batches, repeats a bounded number of times, and then sends
word of the records to the failure queue and goes on.
"""

import time

from ministack.services import lambda_svc

MAX_PAUSE = 1.0


def report():
    """Makes functions that read a stream run as described above."""
    execute = lambda_svc._execute_function

    def execute_function(function, event):
        records = event.get("Records") if isinstance(event, dict) else None
        if not (records and isinstance(records, list) and records[0].get("eventSource") == "aws:dynamodb"):
            return execute(function, event)
        mapping = mapping_of(function, records[0].get("eventSourceARN"))
        if mapping is None:
            return execute(function, event)
        Shard(execute, function, mapping).process(records)
        return {"body": None}

    lambda_svc._execute_function = execute_function


def mapping_of(function, stream):
    name = (function.get("config") or function).get("FunctionName")
    for _account, _region, mapping in lambda_svc._iter_all_esms():
        if mapping.get("FunctionName") == name and mapping.get("EventSourceArn") == stream:
            return mapping
    return None


class Shard:
    """Hands records to a function in order. None is skipped that was not processed or given up."""

    def __init__(self, execute, function, mapping):
        self.execute = execute
        self.function = function
        self.mapping = mapping
        wanted = mapping.get("MaximumRetryAttempts")
        self.retries = int(wanted) if wanted is not None and int(wanted) >= 0 else 10

    def process(self, records):
        while records:
            done, result = self.invoke(records)
            records = records[done:]
            if records:
                suspects = len(records) // 2 or 1 if result.get("error") else 1
                if suspects > 1:
                    self.process(records[:suspects])
                else:
                    self.retry(records[0], result)
                records = records[suspects:]

    def retry(self, record, result):
        """Tries one record alone, and gives it up at last."""
        for attempt in range(self.retries):
            time.sleep(min(0.05 * 2**attempt, MAX_PAUSE))
            done, result = self.invoke([record])
            if done:
                return
        lambda_svc._send_ddb_stream_failure_record(
            self.mapping, self.function, [record], self.mapping["EventSourceArn"], result, "RetryAttemptsExhausted"
        )

    def invoke(self, records):
        """How many of the records, from the first on, were processed; and the answer."""
        result = self.execute(self.function, {"Records": records})
        if result.get("error"):
            return 0, result
        body = result.get("body")
        failures = body.get("batchItemFailures") if isinstance(body, dict) else None
        if not failures:
            return len(records), result
        numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
        failed = [numbers.index(failure.get("itemIdentifier")) for failure in failures if failure.get("itemIdentifier") in numbers]
        # An identifier that is not of the batch fails the whole batch.
        return (min(failed) if len(failed) == len(failures) else 0), result
