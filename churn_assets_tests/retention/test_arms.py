from scipy.stats import binomtest

from churn_assets.retention.arms import CALL, HOLD_OUT, Draw

LISTENERS = [str(n) for n in range(20_000)]


def test_as_many_are_held_out_as_chance_gives() -> None:
    for hold_out in (0.05, 0.1, 0.5):
        arms = Draw("spring", 7, hold_out).arms(LISTENERS)

        assert binomtest(arms.count(HOLD_OUT), len(arms), hold_out).pvalue > 0.001


def test_a_listener_stays_in_their_arm_whoever_else_is_listed() -> None:
    draw = Draw("spring", 7, 0.1)

    alone = {user: draw.arm(user) for user in LISTENERS[:200]}

    assert dict(zip(LISTENERS, draw.arms(LISTENERS), strict=True)) | alone == dict(
        zip(LISTENERS, draw.arms(LISTENERS), strict=True)
    )
    assert draw.arms(reversed(LISTENERS)) == draw.arms(LISTENERS)[::-1]


def test_another_campaign_or_seed_draws_anew_and_independently() -> None:
    first = Draw("spring", 7, 0.3).arms(LISTENERS)

    for other in (Draw("summer", 7, 0.3), Draw("spring", 8, 0.3)):
        both = sum(a == b == HOLD_OUT for a, b in zip(first, other.arms(LISTENERS), strict=True))
        assert binomtest(both, len(LISTENERS), 0.09).pvalue > 0.001


def test_who_was_held_out_stays_so_when_more_are() -> None:
    few, many = Draw("spring", 7, 0.1).arms(LISTENERS), Draw("spring", 7, 0.2).arms(LISTENERS)

    assert all(b == HOLD_OUT for a, b in zip(few, many, strict=True) if a == HOLD_OUT)


def test_nobody_is_held_out_of_a_share_of_zero() -> None:
    assert set(Draw("spring", 7, 0.0).arms(LISTENERS)) == {CALL}


def test_any_text_is_an_id() -> None:
    assert set(Draw("spring\n", 7, 0.5).arms(["", "ü", "\ud800", "=1+1", "x" * 10_000])) <= {CALL, HOLD_OUT}
