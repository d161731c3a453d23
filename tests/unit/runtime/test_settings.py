import pytest

from nightdesk.runtime.secrets import database_conninfo
from nightdesk.runtime.settings import SettingMissing, Settings


class FakeSecrets:
    def get_secret_value(self, *, SecretId: str) -> dict[str, object]:  # noqa: N803 boto3's name
        assert SecretId == "nightdesk/database/app"
        return {
            "SecretString": '{"host": "db", "port": 5432, "dbname": "desk", "username": "u", "password": "p\'w\\\\ x"}'
        }


def test_what_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTDESK_VALKEY_URL", "")
    settings = Settings()
    with pytest.raises(SettingMissing, match="NIGHTDESK_VALKEY_URL"):
        settings.require("valkey_url")


def test_the_environment_is_read_with_its_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTDESK_FEED_PORT", "9000")
    monkeypatch.setenv("NIGHTDESK_DATABASE_URL", "postgresql://u:hunter2@db/desk")
    settings = Settings()
    assert settings.feed_port == 9000
    assert settings.require("database_url") == "postgresql://u:hunter2@db/desk"
    assert "hunter2" not in repr(settings)


def test_a_database_secret_becomes_a_conninfo_whatever_its_characters() -> None:
    conninfo = database_conninfo(Settings(database_secret="nightdesk/database/app"), FakeSecrets())
    assert conninfo == "host='db' port='5432' dbname='desk' user='u' password='p\\'w\\\\ x'"
