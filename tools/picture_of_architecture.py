"""Draw the picture of the architecture into docs/site/{en,ja}/architecture.md, as SVG whose text can be selected."""

from html import escape
from pathlib import Path

SITE = Path(__file__).resolve().parents[1] / "docs" / "site"
BEGIN, END = "<!-- drawn by tools/picture_of_architecture.py -->", "<!-- end of the picture -->"
WIDTH, HEIGHT = 920, 600
STYLE = """
.drawn rect { fill: none; stroke: currentColor; rx: 6px; stroke-opacity: .45; }
.drawn .yours { fill: #009688; fill-opacity: .16; }
.drawn .image { fill: currentColor; fill-opacity: .06; }
.drawn text { fill: currentColor; font-size: 14px; }
.drawn .title { font-weight: bold; font-size: 14.5px; }
.drawn .small { font-size: 13px; }
.drawn line { stroke: currentColor; stroke-width: 1.5px; }
"""
WORDS = {  # the lines of a box are parted by |
    "en": {
        "picture": "How template, project, images and jobs belong together",
        "template": "The template|questions, and files|that they choose",
        "project": "Your project",
        "yours": "Yours: no update touches it|model.py: fit, save, load, predict|jobs/, utils/, metrics.json"
        "|configs/|sample_data/, tests/test_model.py",
        "ours": "The template's: updates merge it|sagemaker_contract/: the contract"
        "|code/pipeline/: starts the jobs|scripts/: images, local runs, tests|tests/contract/",
        "train": "Image …-train|train → sagemaker_contract.training|→ jobs/training.py → model.py",
        "serve": "Image …-serve|serve → sagemaker_contract.serving|→ (inference.py) → model.py",
        "judge": "contract.sh|judges each image|by 83 items",
        "pipeline": "The pipeline: each batch by a process or a container of this machine, or by SageMaker",
        "jobs": "files, S3, databases|ProcessingJob|TrainingJob|ProcessingJob|TransformJob|endpoint",
        "store": "s3://BUCKET/PREFIX/MODEL/runs/RUN, on this machine a folder of opt_ml/s3",
    },
    "ja": {
        "picture": "テンプレート・プロジェクト・イメージ・ジョブの関係",
        "template": "テンプレート|質問と、|回答で決まるファイル",
        "project": "自分のプロジェクト",
        "yours": "自分のファイル: 更新で変わらない|model.py: fit, save, load, predict|jobs/, utils/, metrics.json"
        "|configs/|sample_data/, tests/test_model.py",
        "ours": "テンプレート: 更新でマージされる|sagemaker_contract/: SageMaker対応"
        "|code/pipeline/: ジョブを起動|scripts/: イメージ・ローカル実行・検査|tests/contract/",
        "train": "学習イメージ …-train|train → sagemaker_contract.training|→ jobs/training.py → model.py",
        "serve": "推論イメージ …-serve|serve → sagemaker_contract.serving|→ (inference.py) → model.py",
        "judge": "contract.sh|各イメージを|83項目で検査",
        "pipeline": "パイプライン: 各バッチは、手元のプロセスかコンテナ、またはSageMakerで動く",
        "jobs": "ファイル, S3, DB|ProcessingJob|TrainingJob|ProcessingJob|TransformJob|エンドポイント",
        "store": "s3://BUCKET/PREFIX/MODEL/runs/RUN (手元では opt_ml/s3 の下のフォルダー)",
    },
}
BATCHES = {  # with the image of each
    "collection": "",
    "preprocess": "…-train",
    "training": "…-train",
    "evaluation": "…-train",
    "inference": "…-serve",
    "deployment": "…-serve",
}


def box(x: int, y: int, width: int, height: int, words: str, kind: str = "") -> list[str]:
    """Give a box with a title and lines below it."""
    rows = [f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}"/>']
    for number, line in enumerate(words.split("|")):
        rows.append(text(x + 12, y + 24 + 22 * number, line, "" if number else "title"))
    return rows


def text(x: int, y: int, words: str, kind: str = "", anchor: str = "start") -> str:
    """Give a line of text."""
    return f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'


def arrow(x: int, y: int, to_x: int, to_y: int) -> str:
    """Give an arrow."""
    return f'<line x1="{x}" y1="{y}" x2="{to_x}" y2="{to_y}" marker-end="url(#tip)"/>'


def batches(words: dict[str, str]) -> list[str]:
    """Give the chain of the pipeline's batches, and the store below them."""
    rows = box(10, 410, 900, 180, words["pipeline"])
    x = 25
    for (name, image), job in zip(BATCHES.items(), words["jobs"].split("|"), strict=True):
        rows += [arrow(x - 18, 489, x - 1, 489)] if x > 25 else []
        rows += [f'<rect class="image" x="{x}" y="448" width="130" height="82"/>', arrow(x + 65, 530, x + 65, 547)]
        rows += [text(x + 65, 470, name, "title", "middle"), text(x + 65, 493, job, "small", "middle")]
        rows += [text(x + 65, 514, image, "small", "middle")] if image else []
        x += 148
    rows += ['<rect x="25" y="548" width="870" height="30"/>', text(460, 568, words["store"], "small", "middle")]
    return rows


def picture(language: str) -> str:
    """Give the picture in a language, as HTML without an empty line."""
    words = WORDS[language]
    rows = [
        *box(10, 60, 210, 84, words["template"]),
        arrow(220, 102, 322, 102),
        text(271, 92, "copier copy", "small", "middle"),
        text(271, 120, "make update", "small", "middle"),
        *box(325, 10, 585, 190, words["project"]),
        *box(340, 45, 270, 140, words["yours"], "yours"),
        *box(625, 45, 270, 140, words["ours"]),
        arrow(475, 200, 475, 262),
        arrow(760, 200, 760, 262),
        text(617, 236, "make build", "small", "middle"),
        *box(340, 265, 270, 90, words["train"], "image"),
        *box(625, 265, 270, 90, words["serve"], "image"),
        *box(10, 265, 210, 90, words["judge"]),
        arrow(220, 310, 337, 310),
        arrow(475, 355, 475, 407),
        arrow(760, 355, 760, 407),
        *batches(words),
    ]
    tip = '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    tip += '<path d="M0 0 8 4 0 8z" fill="currentColor"/></marker>'
    name = escape(words["picture"])
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{name}">'
    figure = '<figure class="drawn" style="width: 100%">'
    return "\n".join(
        [figure, f"<style>{STYLE.strip()}</style>", head, f"<defs>{tip}</defs>", *rows, "</svg>", "</figure>"]
    )


def drawn(language: str) -> str:
    """Give the page with its picture drawn anew."""
    page = (SITE / language / "architecture.md").read_text("utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{picture(language)}\n{END}{after}"


if __name__ == "__main__":
    for language in WORDS:
        (SITE / language / "architecture.md").write_text(drawn(language), "utf-8")
