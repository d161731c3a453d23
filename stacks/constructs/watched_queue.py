"""An SQS queue that never loses silently: a dead-letter queue behind it and an alarm on that."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

_KEPT = Duration.days(14)


class WatchedQueue(Construct):
    """A queue, its dead-letter queue and the alarm that fires as soon as one message is dead."""

    def __init__(self, scope: Construct, name: str, *, prefix: str, visible_after_s: int, attempts: int) -> None:
        super().__init__(scope, name)
        self._prefix = prefix
        self._fifo = name.endswith(".fifo")
        self.dead = self._queue("Dead", f"{name.removesuffix('.fifo')}-dead{'.fifo' if self._fifo else ''}", 60)
        dead_letters = sqs.DeadLetterQueue(max_receive_count=attempts, queue=self.dead)
        self.queue = self._queue("Queue", name, visible_after_s, dead_letters)
        self.alarm = self._alarm(name)

    def _queue(
        self, construct_id: str, name: str, visible_after_s: int, dead: sqs.DeadLetterQueue | None = None
    ) -> sqs.Queue:
        return sqs.Queue(
            self,
            construct_id,
            queue_name=f"{self._prefix}-{name}",
            fifo=True if self._fifo else None,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=_KEPT,
            visibility_timeout=Duration.seconds(visible_after_s),
            dead_letter_queue=dead,
        )

    def _alarm(self, name: str) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            self,
            "Alarm",
            alarm_name=f"{self._prefix}-{name}-dead",
            alarm_description=f"Messages of {name} failed {'in order ' if self._fifo else ''}and wait to be looked at.",
            metric=self.dead.metric_approximate_number_of_messages_visible(period=Duration.minutes(1)),
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
