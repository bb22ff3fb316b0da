from app.metrics.score import Score
from app.recipes import RECIPES
from app.reports.model_card import write_model_card
from tests.app.made import make


def test_the_card_names_data_code_and_scores_with_their_n(tmp_path):
    data = {"name": "digits", "version": "1", "digest": "d1"}
    run = make(tmp_path, dataset=data, images=[[8, 8, 1], 7])
    score = Score(name="frechet", value=3.25, samples=2000, floor=1.5, interval=(3.0, 3.5))
    text = write_model_card(run, RECIPES["digits"], {"frechet": score}).read_text()
    assert "digits 1, digest `d1`" in text and f"code {'a' * 40}" in text
    assert "| frechet | 3.25 | 2000 | 1.5 | 3 to 3.5 |" in text
    assert "labels=tf.range(7)," in text
    run.update(git=None)
    assert "code unknown" in write_model_card(run, RECIPES["digits"], {}).read_text()
