"""Somebody is told when sources of reference data contradict each other."""

from tests.stacks.assembly import Assembly


def test_rates_that_differ_for_two_hours_ring(assembly: Assembly) -> None:
    (alarm,) = (
        props
        for _, _, props in assembly.resources("AWS::CloudWatch::Alarm")
        if props["AlarmName"] == "nightdesk-rates-differ"
    )
    # The function counts once an hour, so a shorter period would never see two in a row.
    (looked_at,) = (query["MetricStat"] for query in alarm["Metrics"])
    assert (looked_at["Metric"]["MetricName"], looked_at["Period"], looked_at["Stat"]) == ("FxRatesDiffer", 3600, "Sum")
    assert looked_at["Metric"]["Dimensions"] == [{"Name": "service", "Value": "fx_refresh"}]
    assert (alarm["Threshold"], alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (1, 3, 2)
    assert alarm["AlarmActions"]
