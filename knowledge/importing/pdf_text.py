"""Takes the text out of one PDF: a program of its own, run for each file and ended after it.

It is started by ``storage.watched``, which bounds it. It reads the file from standard input and writes a JSON list with
the text of each page to standard output. It ends with 3 and a Chinese sentence on standard error for a file that cannot
be read. It imports nothing of the desk.
"""

from __future__ import annotations

import json
import sys

MOST_PAGES = 2_000
MOST_CHARACTERS = 5_000_000
NOT_READ = 3


class NotReadable(Exception):
    """There is no text to be had; the sentence is shown."""


def pages_of(content: bytes) -> list[str]:
    """The text of each page, as the file has it."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as problem:
        if "password" in str(problem).lower():
            raise NotReadable("PDF 加了密码，请去掉密码后再导入") from problem
        raise NotReadable("PDF 已损坏，不能打开，请重新另存后再导入") from problem
    if len(document) > MOST_PAGES:
        raise NotReadable(f"PDF 有 {len(document)} 页，超过 {MOST_PAGES} 页，请分成几个文件")
    texts: list[str] = []
    left = MOST_CHARACTERS
    for number in range(len(document)):
        try:
            page = document[number]
            text = page.get_textpage().get_text_bounded() if left > 0 else ""
            page.close()
        except pypdfium2.PdfiumError:
            text = ""  # one broken page is no reason not to take the others
        left -= len(text)
        if left < 0:
            raise NotReadable(f"PDF 的文字超过 {MOST_CHARACTERS // 10_000} 万字，请分成几个文件")
        texts.append(text)
    return texts


def main() -> int:
    """Read and print."""
    try:
        texts = pages_of(sys.stdin.buffer.read())
    except NotReadable as problem:
        sys.stderr.buffer.write(str(problem).encode())
        return NOT_READ
    except MemoryError:
        sys.stderr.buffer.write("PDF 展开后过大，没有读取".encode())
        return NOT_READ
    sys.stdout.buffer.write(json.dumps(texts).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
