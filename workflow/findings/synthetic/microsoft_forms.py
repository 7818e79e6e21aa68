"""A wave written as Microsoft Forms exports it: a workbook, answers as labels, several ended and joined by `;`.

Sources: as findings.readers.microsoft_forms.
"""

from __future__ import annotations

from pathlib import Path

from xlsxwriter import Workbook

from findings.instrument import Codebook
from findings.synthetic.form import CREATED
from findings.synthetic.written import LANGUAGE, MAIL, NAME, Row, asked, chosen, options, shown


def write_export(path: Path, rows: list[Row], codebook: Codebook) -> None:
    """Write `rows` in their order."""
    questions = asked(codebook)
    with Workbook(str(path), {"strings_to_formulas": False}) as book:
        book.set_properties({"created": CREATED})
        moment = book.add_format({"num_format": "m/d/yy h:mm:ss"})
        sheet = book.add_worksheet("Sheet1")
        own = ["ID", "Start time", "Completion time", "Email", "Name"]
        sheet.write_row(0, 0, [*own, *(question.label[LANGUAGE] for question in questions.values())])
        for number, row in enumerate(rows, start=1):
            sheet.write_number(number, 0, number)
            sheet.write_datetime(number, 1, row["#start"], moment)
            sheet.write_datetime(number, 2, row["#end"], moment)
            sheet.write_row(number, 3, [MAIL, NAME])
            for column, (name, question) in enumerate(questions.items(), start=len(own)):
                if question.type == "select_multiple":
                    labels = options(codebook, question)
                    cell = "".join(f"{labels[code]};" for code in chosen(row, name) or ())
                else:
                    cell = shown(row, question, codebook)
                if question.type == "integer" and cell.isascii() and cell:
                    sheet.write_number(number, column, int(cell))
                elif cell:
                    sheet.write_string(number, column, cell)
