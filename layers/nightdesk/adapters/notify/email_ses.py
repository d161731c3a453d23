"""E-mail by SES.

Source: Amazon SES API v2, `SendEmail` (2026-11); the mailbox simulator's `success@simulator.amazonses.com` takes
everything, costs no reputation and nobody reads it.
"""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

from nightdesk.adapters.notify.plain_text import full_text
from nightdesk.alerts.messages import Message, Receipt
from nightdesk.alerts.sealing import Address
from nightdesk.kernel.errors import InvalidInput, NightdeskError, OutcomeUnknown, RateLimited, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

CANARY_TO: Final = "success@simulator.amazonses.com"
NOT_SET_UP: Final = ("", "none")
_REFUSALS: Final = {"MessageRejected", "MailFromDomainNotVerifiedException", "BadRequestException", "NotFoundException"}
_LIMITS: Final = {"TooManyRequestsException", "LimitExceededException", "SendingPausedException"}


class SesSender:
    """`ChannelSender` for e-mail; the same alert always has the same Message-ID, by which programs show it once."""

    def __init__(self, client: SESV2Client, *, sender: str, origin: str, canary_to: str = CANARY_TO) -> None:
        self._client = client
        self._sender = sender
        self._origin = origin
        self._canary_to = canary_to

    def send(self, address: Address, message: Message) -> Receipt:
        """Write an e-mail."""
        mail = EmailMessage()
        mail["From"], mail["To"] = self._sender, address.parts["address"]
        mail["Subject"] = _one_line(message.title)
        mail["Date"] = format_datetime(message.raised_at)
        mail["Message-ID"] = f"<{message.identity}@{self._sender.rpartition('@')[2].rstrip('>')}>"
        mail["Auto-Submitted"] = "auto-generated"
        if message.severity.value == "critical":
            mail["Importance"] = "high"
        mail.set_content(full_text(message, self._origin))
        return Receipt(self._send(address.parts["address"], bytes(mail)))

    def probe(self, address: Address, identity: str) -> None:
        """Write to SES's mailbox simulator: the way is proven up to SES, the user's own mailbox stays quiet."""
        del address
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._sender, self._canary_to, f"Nightdesk canary {identity}"
        mail.set_content("This proves that e-mail leaves the desk.")
        self._send(self._canary_to, bytes(mail))

    def _send(self, to: str, raw: bytes) -> str:
        if self._sender in NOT_SET_UP:
            raise InvalidInput("channel.mail_not_set_up", "This desk has no address that e-mail is sent from.")
        try:
            answer = self._client.send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [to]},
                Content={"Raw": {"Data": raw}},
            )
        except ClientError as error:
            raise _translated(error) from None
        except (ConnectTimeoutError, EndpointConnectionError):
            raise Unavailable("channel.unavailable", "The e-mail service can't be reached.") from None
        except BotoCoreError:
            raise OutcomeUnknown("outbound.no_answer", "The e-mail service gave no answer.") from None
        return str(answer["MessageId"])


def _translated(error: ClientError) -> NightdeskError:
    name = str(error.response.get("Error", {}).get("Code", ""))
    if name in _REFUSALS:
        return InvalidInput("channel.refused", f"The e-mail service refused it ({name}).")
    if name in _LIMITS:
        return RateLimited("channel.rate_limited", f"The e-mail service takes no more for now ({name}).")
    return Unavailable("channel.unavailable", f"The e-mail service failed ({name}).")


def _one_line(text: str) -> str:
    return " ".join(text.split())
