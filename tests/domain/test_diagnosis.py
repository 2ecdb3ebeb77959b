from datetime import UTC, datetime

from ibdesk.domain.diagnosis import ANSWERS, Check, Complaint, Examined, Report, Verdict

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def report(*found: tuple[Check, Verdict]) -> Report:
    return Report(
        at=AT, results=tuple(Examined(check=check, verdict=verdict, statement="") for check, verdict in found)
    )


def test_the_worst_finding_is_the_verdict_of_the_whole() -> None:
    found = report((Check.JAVA, Verdict.GOOD), (Check.CLOCK, Verdict.WARN), (Check.SYNC, Verdict.BAD))
    assert found.worst is Verdict.BAD
    assert report((Check.JAVA, Verdict.GOOD), (Check.SIGN_ON, Verdict.EXPECTED)).worst is Verdict.EXPECTED
    assert report((Check.JAVA, Verdict.GOOD)).worst is Verdict.GOOD


def test_every_complaint_of_the_documents_is_answered() -> None:
    assert set(ANSWERS) == set(Complaint)


def test_a_complaint_gets_its_checks_in_the_documents_order() -> None:
    found = report((Check.SYNC, Verdict.BAD), (Check.GATEWAY_ANSWERS, Verdict.GOOD), (Check.SYNC_LOG, Verdict.WARN))
    assert [each.check for each in found.about(Complaint.NOT_SYNCING)] == [
        Check.GATEWAY_ANSWERS, Check.SYNC_LOG, Check.SYNC,
    ]  # fmt: skip
