"""The earlier methods of Table 1: what they learn, and that their exported graphs say the same."""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from tiny import make_tiny  # noqa: E402

from cmps.encoders.weights import WeightsError  # noqa: E402
from cmps.evaluation.baselines import files  # noqa: E402
from cmps.evaluation.baselines.networks import Baseline, Features, open_baselines  # noqa: E402
from cmps.evaluation.baselines.words import word_ids  # noqa: E402
from cmps.training.baselines import features, train  # noqa: E402
from cmps.training.baselines.batches import Batches, choose_words  # noqa: E402
from cmps.training.baselines.export import export_baseline, export_second  # noqa: E402
from cmps.training.baselines.fit import Schedule, embed, hard_candidates  # noqa: E402
from cmps.training.baselines.latent_coattention import StageOne, StageTwo  # noqa: E402
from cmps.training.baselines.pwm_ath import compress  # noqa: E402
from cmps.training.baselines.reading import pair_loss  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")

SENTENCES = ("red", "a person in a red coat", "with a zeppelin on the left with a bag in a red hat")


class SmallEncoder:
    """Random vectors of the shipped network's sizes, the same for the same picture."""

    count = 0

    @classmethod
    def open(cls, threads):
        return cls()

    def encode(self, pictures):
        from cmps.gallery.records import Encoding

        encodings = []
        for picture in pictures:
            SmallEncoder.count += 1
            random = np.random.default_rng(int(picture.astype(int).sum()) + int(picture[0, 0, 0]))
            cells = random.normal(size=(28, 128)).astype(np.float16)
            embedding = random.normal(size=256).astype(np.float32)
            encodings.append(
                Encoding(embedding / np.linalg.norm(embedding), cells, np.ones(28, np.float32))
            )
        return encodings


@pytest.fixture
def plan(tmp_path, monkeypatch):
    tiny = make_tiny(tmp_path)
    monkeypatch.setattr(features, "OnnxImageEncoder", SmallEncoder)
    short = {name: Schedule(1, batch=4, others=3) for name in train.SCHEDULES}
    return train.Plan(
        tiny.corpus,
        tiny.language,
        tmp_path / "cache",
        tmp_path / "files",
        schedules=short,
        second=Schedule(1, batch=4, others=2),
    )


@pytest.fixture
def batches(plan):
    shown = features.read_shown(plan.corpus, plan.cache)
    words, vectors = choose_words(plan.language, shown.captions)
    return Batches(shown, {word: row for row, word in enumerate(words, 2)}, 0), vectors, words


def test_features_are_encoded_once_for_each_image_network(plan, monkeypatch):
    SmallEncoder.count = 0
    first = features.read_shown(plan.corpus, plan.cache)
    assert SmallEncoder.count == 12
    again = features.read_shown(plan.corpus, plan.cache)
    assert SmallEncoder.count == 12
    np.testing.assert_array_equal(first.features.cells, again.features.cells)
    assert not list(plan.cache.glob("*.part*"))
    shipped = features.manifest()
    other = shipped | {"image.onnx": shipped["fast.onnx"]}
    monkeypatch.setattr(features, "manifest", lambda: other)
    features.read_shown(plan.corpus, plan.cache)
    assert SmallEncoder.count == 24


def test_mirrored_pictures_come_with_mirrored_words(batches):
    dealt, _, words = batches
    left, right = (words.index(side) + 2 if side in words else 1 for side in ("left", "right"))
    said = [ids for _, ids in dealt.sentences if left in ids[0]]
    assert said
    assert all(right in mirrored for _, mirrored in said)
    plain, mirrored = (side.unflatten(1, (6, 3)) for side in dealt.cells)
    assert torch.equal(mirrored, plain.flip(2))


def test_every_pair_of_a_batch_is_judged(batches):
    dealt, _, _ = batches
    batch = next(dealt.epoch(4, 3))
    assert batch.same.shape == (4, 7)
    assert bool(batch.same[:, :4].diagonal().all())
    assert batch.cells.shape == (7, 18, 128)


def test_sentences_are_dealt_once_by_length_and_end_with_their_last_word(batches):
    dealt, _, _ = batches
    parts = dealt.deal(4)
    assert len(parts) == len(dealt) // 4
    assert len(set(np.concatenate(parts).tolist())) == 4 * len(parts)
    spread = sum(int(np.ptp(dealt.lengths[part])) for part in parts)
    assert spread <= np.ptp(dealt.lengths)  # sorted: no two batches overlap in length
    chosen = np.array([int(dealt.lengths.argmin()), int(dealt.lengths.argmax())])
    ids = dealt.words(chosen, np.zeros(2, np.int64), forgotten=0)
    for row, number in zip(ids, chosen, strict=True):
        said = dealt.sentences[number][1][0]
        assert row[-len(said) :].tolist() == said
        assert not row[: -len(said)].any()


def test_pair_loss_by_hand():
    same = torch.tensor([[True, False, False]])
    logits = torch.tensor([[2.0, -1.0, 1.0]])
    right = np.log1p(np.exp(-2))
    wrong = (np.log1p(np.exp(-1)) + np.log1p(np.exp(1))) / 2
    assert float(pair_loss(logits, same)) == pytest.approx((right + 3 * wrong) / 4, abs=1e-6)


def test_the_threshold_compresses_only_what_exceeds_it():
    found = compress(torch.tensor([-1.0, 1.0, 3.0]), torch.tensor(2.0))
    assert found.tolist() == pytest.approx([-1.0, 1.0, 2.1])


def test_wrong_candidates_are_other_people(batches):
    dealt, vectors, _ = batches
    mistaken = hard_candidates(StageOne(vectors, 6), dealt, 3)
    for number, (row, _) in enumerate(dealt.sentences):
        assert all(dealt.people[other] != dealt.people[row] for other in mistaken[number])


def test_cross_modal_memory_learns_and_stays_unit(batches):
    dealt, vectors, _ = batches
    network = StageOne(vectors, 6)
    said, seen, rows = embed(network, dealt)
    network.remember(said, seen[rows], dealt.people[rows])
    before = network.get_buffer("memory").clone()
    network.loss(next(dealt.epoch(8, 0))).backward()
    after = network.get_buffer("memory")
    assert not torch.equal(before, after)
    for memory in (before, after):
        assert torch.allclose(memory.norm(dim=2), torch.ones(2, 6), atol=1e-5)
    assert all(part.grad is not None for part in network.parameters())


def test_drifting_away_from_the_memory_together_wins_nothing(batches):
    """It once lowered the loss, and all embeddings ended at one point."""
    _, vectors, _ = batches
    torch.manual_seed(0)
    network = StageOne(vectors, 20)
    unit = torch.nn.functional.normalize
    known = unit(torch.randn(1, 256) + 0.3 * torch.randn(20, 256), dim=1)
    people = torch.arange(20)
    losses = []
    for drift in (0.0, 1.0, 4.0):
        network.remember(known, known, people)
        away = unit(torch.randn(1, 256), dim=1)
        away = unit(away - (away @ known.T) @ torch.linalg.pinv(known.T), dim=1)
        moved = unit(known + drift * away, dim=1)
        losses.append(float(network.cross_entropy(moved, moved, people)))
    assert losses[0] < losses[1] < losses[2]


def test_stage_one_tells_people_apart_and_does_not_collapse(batches):
    """Forty people, eight a step; their pictures and their sentences are much alike at first."""
    _, vectors, _ = batches
    torch.manual_seed(0)
    network = StageOne(vectors, 40)
    signs = torch.randn(2, 1, 64) + 0.5 * torch.randn(2, 40, 64)
    halves = [torch.nn.Linear(64, 256) for _ in signs]

    def look(people):
        noisy = (signs[side, people] + 0.2 * torch.randn(len(people), 64) for side in (0, 1))
        unit = torch.nn.functional.normalize
        return [unit(half(sign), dim=1) for half, sign in zip(halves, noisy, strict=True)]

    optimiser = torch.optim.Adam([part for half in halves for part in half.parameters()], 2e-3)
    everyone = torch.arange(40)
    with torch.no_grad():
        network.remember(*look(everyone), everyone)
    for _ in range(300):
        people = torch.randperm(40)[:8]
        optimiser.zero_grad()
        network.cross_entropy(*look(people), people).backward()
        optimiser.step()
    with torch.no_grad():
        said, seen = look(everyone)
    assert float((said @ said.T).mean()) < 0.5
    assert float(((said @ seen.T).argmax(1) == everyone).float().mean()) > 0.9


@pytest.mark.parametrize("name", list(train.ONE_STAGE))
def test_exported_scores_agree_with_torch(name, batches, tmp_path):
    _, vectors, words = batches
    torch.manual_seed(0)
    network = train.ONE_STAGE[name](vectors).eval()
    export_baseline(name, network, tmp_path)
    rows = {word: row for row, word in enumerate(words, 2)}
    random = np.random.default_rng(3)
    seen = Features(random.normal(size=(5, 256)), random.normal(size=(5, 18, 128)))
    opened = Baseline(name, rows, tmp_path, 1)
    kept = opened.prepare(seen)
    with torch.inference_mode():
        there = network.picture(
            torch.from_numpy(seen.embeddings).float(), torch.from_numpy(seen.cells).float()
        )
        for sentence in SENTENCES:
            ids = torch.tensor([word_ids(sentence, rows)])
            expected = network(ids, *there)[0].numpy()
            found = opened.scores(sentence, kept)
            np.testing.assert_allclose(found, expected, atol=5e-3, rtol=5e-3)


def test_the_second_look_ranks_the_best_again(batches, tmp_path, monkeypatch):
    from cmps.evaluation.baselines import networks

    _, vectors, words = batches
    torch.manual_seed(0)
    first, second = StageOne(vectors, 6).eval(), StageTwo(vectors).eval()
    name = "latent-coattention"
    export_baseline(name, first, tmp_path)
    export_second(name, first, second, tmp_path)
    monkeypatch.setattr(networks, "BEST", 3)
    rows = {word: row for row, word in enumerate(words, 2)}
    random = np.random.default_rng(4)
    seen = Features(random.normal(size=(8, 256)), random.normal(size=(8, 18, 128)))
    opened = Baseline(name, rows, tmp_path, 1)
    sentence = SENTENCES[1]
    found = opened.scores(sentence, opened.prepare(seen))
    with torch.inference_mode():
        there = first.picture(
            torch.from_numpy(seen.embeddings).float(), torch.from_numpy(seen.cells).float()
        )
        ids = torch.tensor([word_ids(sentence, rows)])
        rough = first(ids, *there)[0]
        fine = rough + second(ids, there[1][None])[0]
    best = rough.argsort(descending=True)[:3]
    expected = [*best[fine[best].argsort(descending=True)].tolist()]
    expected += rough.argsort(descending=True)[3:].tolist()
    assert np.argsort(-found).tolist() == expected


def graphs(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.onnx"))}


def test_a_run_cut_off_between_the_stages_ends_as_one_that_was_not(plan, monkeypatch):
    plan.out.mkdir()
    name = "latent-coattention"

    def cut_off(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(train, "fit_second", cut_off)
        with pytest.raises(KeyboardInterrupt):
            train.train_one(name, plan)
    with monkeypatch.context() as patch:
        patch.setattr(train, "fit_first", cut_off)  # stage 1 is not trained again
        train.train_one(name, plan)
    resumed = graphs(plan.out)
    for kept in plan.cache.glob("latent-*/*.pt"):
        kept.unlink()
    train.train_one(name, plan)
    assert graphs(plan.out) == resumed


def test_all_four_are_trained_listed_and_checked(plan, monkeypatch):
    plan.out.mkdir()
    shown = features.read_shown(plan.corpus, plan.cache)
    (plan.out / "words.json").write_text(json.dumps(choose_words(plan.language, shown.captions)[0]))
    for name in plan.schedules:
        train.train_one(name, plan)
    assert files.write_baseline_manifest(plan.out) < 6e6
    opened = open_baselines(1, plan.out)
    assert [one.name for one in opened] == list(files.METHODS)
    kept = opened[0].prepare(shown.features)
    assert np.isfinite(opened[0].scores(SENTENCES[0], kept)).all()

    (plan.out / "gna-rnn.query.onnx").write_bytes(b"no network")
    with pytest.raises(WeightsError, match="was changed or damaged; train them with"):
        open_baselines(1, plan.out)
    files.write_baseline_manifest(plan.out)
    shipped = files.manifest()
    other = shipped | {"image.onnx": shipped["fast.onnx"]}
    monkeypatch.setattr(files, "manifest", lambda: other)
    with pytest.raises(WeightsError, match=r"another image\.onnx"):
        open_baselines(1, plan.out)
    with pytest.raises(WeightsError, match="are not in"):
        open_baselines(1, plan.out / "nowhere")
