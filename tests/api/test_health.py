from __future__ import annotations


def test_the_service_says_that_it_runs_and_is_ready(service):
    assert service.get("/healthz").json() == {"status": "ok"}
    assert service.get("/readyz").json() == {"status": "ready", "release_id": "2025-12-01234567-1"}


def test_metrics_count_replies_by_route_and_status(service):
    def count(route, status):
        name = f'geo_safety_requests_total{{route="{route}",status="{status}"}} '
        lines = service.get("/metrics").text.splitlines()
        return sum(int(line.removeprefix(name)) for line in lines if line.startswith(name))

    before = count("/collections/{layer}", 200), count("/collections/{layer}", 404)
    service.get("/collections/wards")
    service.get("/collections/nope")
    assert (count("/collections/{layer}", 200), count("/collections/{layer}", 404)) == (before[0] + 1, before[1] + 1)


def test_metrics_are_in_prometheus_form(service):
    reply = service.get("/metrics")
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    for line in reply.text.splitlines():
        assert line.startswith("# ") or float(line.rsplit(" ", 1)[1]) >= 0
    assert 'geo_safety_release_info{release="2025-12-01234567-1"} 1' in reply.text
