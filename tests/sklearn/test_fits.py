"""The command that prints fit times."""

import numpy as np

from asv_bench import fits


def test_every_pair_is_raced(capsys, monkeypatch):
    x = np.random.default_rng(0).standard_normal((60, 4))
    monkeypatch.setattr(fits, "problems", lambda: [("small", x, x[:, 0] > 0, (5,), 30)])
    fits.main(["--rounds", "1"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert lines[0].startswith("small, float64, adam: ")
    for line in lines:
        assert [word for word in fits.PAIRS if f"{word} " in line] == [*fits.PAIRS]
