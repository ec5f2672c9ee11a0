"""The Word reference: pandoc's own in the house style, A4, with the stamp as its footer."""

import io
import re
import subprocess
import zipfile
from html import escape
from pathlib import Path

STYLES = Path(__file__).parent / "templates" / "report.docx.xml"
OFFICE = "http://schemas.openxmlformats.org"
SMALL = '<w:rPr><w:color w:val="66717C"/><w:sz w:val="13"/></w:rPr>'
PAGE = ('<w:sectPr><w:footerReference w:type="default" r:id="crmfoot"/><w:pgSz w:w="11906" w:h="16838"/>'
        '<w:pgMar w:top="1247" w:right="1418" w:bottom="1361" w:left="1418" w:header="600" w:footer="600" '
        'w:gutter="0"/></w:sectPr></w:body>')


def reference(pandoc: str, stamp: str) -> bytes:
    """A reference.docx for ``pandoc --reference-doc``."""
    ask = [pandoc, "--print-default-data-file", "reference.docx"]
    default = subprocess.run(ask, capture_output=True, check=True)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(default.stdout)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode() if name.endswith((".xml", ".rels")) else old.read(name)
            _put(new, name, EDITS.get(name, str)(text) if isinstance(text, str) else text)
        _put(new, "word/crmfoot.xml", _footer(stamp))
    return out.getvalue()


def _put(parts: zipfile.ZipFile, name: str, content: str | bytes) -> None:
    # A ZipInfo of its own has no clock in it, and pandoc hands the times of a reference on.
    parts.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def _styles(text: str) -> str:
    house = STYLES.read_text("utf-8")
    for name in re.findall(r'w:styleId="([\w-]+)"', house):
        text = re.sub(rf'<w:style [^>]*w:styleId="{name}".*?</w:style>', "", text, flags=re.DOTALL)
    text = re.sub(r"<w:rPrDefault>.*?</w:rPrDefault>",
                  '<w:rPrDefault><w:rPr><w:rFonts w:ascii="Cambria" w:hAnsi="Cambria" w:cs="Cambria"/>'
                  '<w:color w:val="1F2D3A"/><w:sz w:val="21"/><w:lang w:val="en"/></w:rPr></w:rPrDefault>',
                  text, flags=re.DOTALL)
    return text.replace("</w:styles>", f"{house}</w:styles>")


def _types(text: str) -> str:
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"
    return text.replace("</Types>", f'<Override PartName="/word/crmfoot.xml" ContentType="{kind}"/></Types>')


def _relations(text: str) -> str:
    kind = f"{OFFICE}/officeDocument/2006/relationships/footer"
    return text.replace("</Relationships>",
                        f'<Relationship Type="{kind}" Id="crmfoot" Target="crmfoot.xml"/></Relationships>')


def _page(text: str) -> str:
    text = re.sub(r"<w:sectPr[^>]*/>|<w:sectPr.*?</w:sectPr>", "", text, flags=re.DOTALL)
    return text.replace("</w:body>", PAGE)


def _footer(stamp: str) -> str:
    return (f'<?xml version="1.0" encoding="UTF-8"?><w:ftr xmlns:w="{OFFICE}/wordprocessingml/2006/main">'
            '<w:p><w:pPr><w:pBdr><w:top w:val="single" w:sz="4" w:space="6" w:color="D9DEE2"/></w:pBdr>'
            "</w:pPr>"
            f'<w:r>{SMALL}<w:t xml:space="preserve">{escape(stamp)} · page </w:t></w:r>'
            f'<w:fldSimple w:instr=" PAGE "><w:r>{SMALL}<w:t>1</w:t></w:r></w:fldSimple></w:p></w:ftr>')


EDITS = {"word/styles.xml": _styles, "word/document.xml": _page, "[Content_Types].xml": _types,
         "word/_rels/document.xml.rels": _relations}
