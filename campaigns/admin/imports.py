"""Import in the admin: upload, see what is made of each column and row, confirm.

The same reader, columns and verdicts as the commands have.
"""

import threading
from collections.abc import Callable
from typing import IO, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from campaigns.admin.upload_forms import ENCODINGS, Anew, UploadForm, targets_of, ways_to_read
from campaigns.importing import columns
from campaigns.importing.columns import MappingError
from campaigns.importing.rows import UnreadableFileError
from campaigns.importing.uploads import A_SESSION, SHOWN, BusyError, Upload
from campaigns.importing.verdicts import REJECTED, ImportFailedError, Outcome
from campaigns.importing.work import Target, Work
from campaigns.models import Workspace
from campaigns.pages import ExportingAdmin

PAGE = 100  # verdicts
ROWS_AT_ONCE = 5_000  # rows of a file; longer ones are dealt with beside the request
INTERRUPTED = "SendQ was stopped while it worked on the file. Do it again."
FOUND_AS_KNOWN = "Whoever was imported already is found as known."
COLUMNS_SHOWN = 200
WORDS = {
    Outcome.ADDED: "New",
    Outcome.DUPLICATE: "Duplicate in the file",
    Outcome.KNOWN: "Known already",
    Outcome.DO_NOT_CONTACT: "Do not contact",
    Outcome.REFUSED: "Refused",
}


class ImportingAdmin(ExportingAdmin):
    """A list with an import. `import_form` says of what."""

    change_list_template = "admin/campaigns/imported_change_list.html"
    import_form: type[UploadForm]
    import_title = ""

    def get_urls(self) -> list[URLPattern]:
        pages: dict[str, tuple[str, Callable[..., Any]]] = {
            "import": ("import/", self.upload_page),
            "import_review": ("import/<slug:token>/", self.review_page),
            "import_anew": ("import/<slug:token>/anew/", self.read_anew),
            "import_undo": ("import/<slug:token>/undo/", self.undo),
            "import_rejects": ("import/<slug:token>/rejects.csv", self.rejects_file),
        }
        own: list[URLPattern] = [
            path(route, self.admin_site.admin_view(view), name=self._named(name))
            for name, (route, view) in pages.items()
        ]
        return own + super().get_urls()

    def upload_page(self, request: HttpRequest) -> HttpResponse:
        """Take a file, and try it."""
        self._permitted(request)
        if request.method != "POST":
            form = self.import_form(request, initial=request.GET.dict())
            return self._shown(request, "import_upload.html", form=form)
        form = self.import_form(request, request.POST, request.FILES)
        if not form.is_valid():
            return self._shown(request, "import_upload.html", form=form)
        return self.take(request, Upload.kept(form.cleaned_data["file"], **form.about()), form)

    def take(self, request: HttpRequest, upload: Upload, form: Any = None) -> HttpResponse:
        """Read a file that has arrived, and try it; offer other ways where it cannot be read."""
        try:
            table = upload.table()
            upload.fields = columns.guessed_fields(table.header, table.sample, {})
        except UnreadableFileError as error:
            ways = ways_to_read(error.option)
            if ways:
                upload.save()
                self._remember(request, upload)
            else:
                upload.remove()
            form = form or self.import_form(request, initial={"campaign": upload.target})
            return self._shown(
                request,
                "import_upload.html",
                form=form,
                problem=f"{error} Nothing was imported.",
                upload=upload,
                ways=ways,
            )
        self._remember(request, upload)
        return self._tried(request, Work(upload, self._target(request, upload), table))

    def read_anew(self, request: HttpRequest, token: str) -> HttpResponse:
        """Read a file that is here in another way, with one button."""
        self._permitted(request)
        upload = self._upload(request, token)
        if request.method != "POST" or upload.done:
            return self._to_review(upload)
        if request.POST.get("encoding") in ENCODINGS:
            upload.encoding = request.POST["encoding"]
        if "sheet" in request.POST:
            upload.sheet = request.POST["sheet"]
        upload.with_hidden = upload.with_hidden or "with_hidden" in request.POST
        upload.found = {}
        return self.take(request, upload)

    def undo(self, request: HttpRequest, token: str) -> HttpResponse:
        """Take back whom a file has added; who is queued, or was changed since, stays."""
        work = self._work(request, token)
        if request.method == "POST" and work.upload.done:
            taken, left = work.take_back()
            told = f"Took back {taken:,} of “{work.upload.name}”."
            if left:
                told += f" {left:,} stay: they are queued, or were changed since."
            self.log_change(request, work.target, told)
            messages.add_message(request, messages.WARNING if left else messages.SUCCESS, told)
        return self._to_review(work.upload)

    def review_page(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show what was found; take corrections of the columns, or the confirmation."""
        work = self._work(request, token)
        if request.method == "POST" and not work.upload.done:
            if "confirm" in request.POST:
                return self._confirmed(request, work)
            if "read-again" in request.POST:
                return self._read_again(request, work)
            for index in range(min(COLUMNS_SHOWN, len(work.upload.fields))):
                chosen = request.POST.get(f"column-{index}")
                if chosen in columns.FIELDS:
                    work.upload.fields[index] = chosen
            work.upload.invite_connected = "invite-connected" in request.POST
            return self._tried(request, work)
        rows_done = work.upload.rows_done()
        if rows_done is not None:
            expected = work.table.rows_expected
            about = {
                "work": work,
                "rows_done": f"{rows_done:,}",
                "rows_number": rows_done,
                "expected": f"{expected:,}" if expected else "",
            }
            return self._shown(request, "import_progress.html", **about)
        work.upload = Upload.of(token) or work.upload  # what was found since it was opened
        return self._shown(request, "import_review.html", **self._findings(request, work))

    def _read_again(self, request: HttpRequest, work: Work) -> HttpResponse:
        """Read another sheet, or hidden rows too, and try that."""
        try:
            work.read_again(
                request.POST.get("sheet", work.upload.sheet),
                with_hidden="with-hidden" in request.POST or isinstance(work.target, Workspace),
            )
        except UnreadableFileError as error:
            messages.error(request, str(error))
            return self._to_review(work.upload)
        return self._tried(request, work)

    def rejects_file(self, request: HttpRequest, token: str) -> FileResponse:
        """Give the rows that were refused, to correct and import again."""
        upload = self._work(request, token).upload
        if not upload.counts:
            raise Http404("The file has not been tried yet.")
        stem = upload.name.rpartition(".")[0] or upload.name
        return FileResponse(
            upload.rejects.open("rb"), as_attachment=True, filename=f"{stem} rejects.csv"
        )

    def _permitted(self, request: HttpRequest) -> None:
        if not self.has_add_permission(request):
            raise PermissionDenied

    def _work(self, request: HttpRequest, token: str) -> Work:
        self._permitted(request)
        upload = self._upload(request, token)
        try:
            return Work(upload, self._target(request, upload), upload.table())
        except UnreadableFileError as error:
            raise Http404("The uploaded file cannot be read any more.") from error

    def _upload(self, request: HttpRequest, token: str) -> Upload:
        # The session says whose it is: tokens of others are as good as made up.
        upload = Upload.of(token) if token in request.session.get("imports", []) else None
        if upload is None:
            raise Http404("This upload is gone: they are kept for a day. Import the file again.")
        return upload

    def _target(self, request: HttpRequest, upload: Upload) -> Target:
        targets = targets_of(self.import_form.target_field, request)
        target: Target | None = targets.filter(pk=upload.target).first()
        if target is None:
            raise Http404("What the file was uploaded for is archived, gone, or not yours to see.")
        return target

    def _remember(self, request: HttpRequest, upload: Upload) -> None:
        tokens = [each for each in request.session.get("imports", []) if each != upload.token]
        tokens.append(upload.token)
        for token in tokens[:-A_SESSION]:
            if forgotten := Upload.of(token):
                forgotten.remove()
        request.session["imports"] = tokens[-A_SESSION:]

    def _tried(self, request: HttpRequest, work: Work) -> HttpResponse:
        """Make a dry run, whose findings the next page shows."""
        upload = work.upload

        def trial() -> None:
            try:
                work.run(dry_run=True)
            except (MappingError, UnreadableFileError):
                upload.counts = {}  # the page says what is wrong with the columns
            upload.save()

        upload.checks += 1
        upload.counts = {}
        return self._at_work(request, work, trial)

    def _confirmed(self, request: HttpRequest, work: Work) -> HttpResponse:
        upload = work.upload
        if request.POST.get("checks") != str(upload.checks):
            messages.error(
                request,
                "The columns were changed meanwhile. Look at what was found, then confirm.",
            )
            return self._to_review(upload)

        def importing() -> None:
            try:
                with transaction.atomic():
                    work.run(dry_run=False)
                    told = f"Imported “{upload.name}” ({summary(upload)})"
                    why = f": {upload.reason}" if upload.reason else "."
                    self.log_change(request, work.target, told + why)
            except (MappingError, UnreadableFileError, ImportFailedError) as error:
                upload.problem = str(error)
            else:
                upload.done = True
            upload.importing = False
            upload.save()

        upload.importing, upload.problem = True, ""
        answer = self._at_work(request, work, importing)
        _, following = self.next_step(request, work)
        if upload.done and following and self.leads_on(work):
            page = reverse(f"admin:{self._named('import_review')}", args=[upload.token])
            told = format_html(
                'Imported “{}”: {}. <a href="{}">What became of each row, and undo</a>',
                *(upload.name, summary(upload), page),
            )
            messages.success(request, told)
            return redirect(following)
        return answer

    def next_step(self, request: HttpRequest, work: Work) -> tuple[str, str]:
        """Return what comes after an import, in words and as a page; or nothing."""
        return "", ""

    def leads_on(self, work: Work) -> bool:
        """Say whether the next step comes by itself."""
        return False

    def _at_work(self, request: HttpRequest, work: Work, job: Callable[[], None]) -> HttpResponse:
        """Do it at once, or a long one beside the request, whose page shows how far it is.

        What the upload says by now is kept before the job begins, for the page may come first.
        """
        upload = work.upload
        try:
            lock = upload.lock()
        except BusyError:
            messages.error(request, "The file is being worked on already.")
            return self._to_review(upload)
        now = Upload.of(upload.token)
        if now is None or now.done:  # by another click, before the lock was ours
            lock.close()
            return self._to_review(upload)
        upload.save()
        if (work.table.rows_expected or ROWS_AT_ONCE + 1) <= ROWS_AT_ONCE:
            with lock:
                job()
        else:
            threading.Thread(target=_beside, args=(lock, job)).start()
        return self._to_review(upload)

    def _to_review(self, upload: Upload) -> HttpResponse:
        return redirect(f"admin:{self._named('import_review')}", token=upload.token)

    def _findings(self, request: HttpRequest, work: Work) -> dict[str, Any]:
        upload, problem = work.upload, work.upload.problem
        if not upload.done and not upload.counts:
            problem = INTERRUPTED
        if upload.importing:
            problem = f"{INTERRUPTED} {FOUND_AS_KNOWN}"
        mapping_problem, remarks = "", []
        try:
            remarks = work.remarks()
            work.mapping()
        except (MappingError, UnreadableFileError) as error:
            problem = mapping_problem = str(error)
        outcome = request.GET.get("verdict", "")
        begins = request.GET.get("from", "")
        start = int(begins) if begins.isdecimal() and len(begins) < 9 else 0
        following = self.next_step(request, work) if upload.done else ("", "")
        found = [] if not upload.counts else upload.verdicts(outcome, start, PAGE + 1)
        return {
            "work": work,
            "problem": problem,
            "remarks": remarks,
            "encodings": [
                Anew("encoding", value, words)
                for value, words in ENCODINGS.items()
                if work.table.codec and value != upload.encoding
            ],
            "next_words": following[0],
            "next_url": following[1],
            "may_undo": upload.done and work.may_take_back(),
            "may_import": bool(upload.counts) and not mapping_problem,
            "told": summary(upload),
            "target_url": reverse(
                f"admin:campaigns_{work.target._meta.model_name}_change", args=[work.target.pk]
            ),
            "columns": columns_shown(work),
            "labels": columns.LABELS.items(),
            "outcomes": [
                (each, WORDS[each], f"{upload.counts.get(each, 0):,}") for each in Outcome
            ],
            "rows": f"{sum(upload.counts.values()):,}",
            "rejected": sum(upload.counts.get(each, 0) for each in REJECTED),
            "outcome": outcome,
            "verdicts": [(each, WORDS[Outcome(each.outcome)]) for each in found[:PAGE]],
            "earlier": max(0, start - PAGE) if start else None,
            "later": start + PAGE if len(found) > PAGE else None,
        }

    def _shown(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        shared = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": self.import_title,
            "upload_url": reverse(f"admin:{self._named('import')}"),
        }
        return TemplateResponse(request, f"admin/campaigns/{template}", shared | context)

    def _named(self, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"


def _beside(lock: IO[str], job: Callable[[], None]) -> None:
    """Do a long job in a thread of its own; if the process ends, the database takes it back."""
    with lock:
        try:
            job()
        finally:
            connection.close()


def columns_shown(work: Work) -> list[dict[str, Any]]:
    """Return each column with its name, its first cells, and what it is taken for.

    An extra one also with how a message names it.
    """
    header, fields = work.table.header, work.upload.fields
    names = columns.variable_names(header, fields)
    return [
        {
            "name": name or f"(column {index + 1})",
            "index": index,
            "field": field,
            "variable": names[index] and f"{{{{ {names[index]} }}}}",
            "cells": [
                row[index][:SHOWN] for row in work.table.sample if row[index:] and row[index]
            ][:3],
        }
        for index, (name, field) in enumerate(zip(header, fields, strict=True))
    ][:COLUMNS_SHOWN]


def summary(upload: Upload) -> str:
    """Return the counts in words: “3 new, 1 refused”."""
    counts = ((WORDS[each].lower(), upload.counts.get(each, 0)) for each in Outcome)
    return ", ".join(f"{number:,} {words}" for words, number in counts if number) or "no rows"
