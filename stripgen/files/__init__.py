"""The only disk access: what the user gives, what stripgen brings, finished files out."""

from stripgen.files.data import (
    fingerprints,
    library_versions,
    load_formulary,
    load_order_form,
    load_plain_stock,
    load_profile,
    load_profiles,
    load_stock,
    load_stocks,
    load_template,
    load_wording,
    template_folder,
)
from stripgen.files.reading import (
    load_approval_file,
    load_dispensing_file,
    load_key_file,
    load_order_file,
    load_own_file,
    load_paper,
    read_variable,
)
from stripgen.files.writing import refuse_existing, write_files

__all__ = [
    "fingerprints",
    "library_versions",
    "load_approval_file",
    "load_dispensing_file",
    "load_formulary",
    "load_key_file",
    "load_order_file",
    "load_order_form",
    "load_own_file",
    "load_paper",
    "load_plain_stock",
    "load_profile",
    "load_profiles",
    "load_stock",
    "load_stocks",
    "load_template",
    "load_wording",
    "read_variable",
    "refuse_existing",
    "template_folder",
    "write_files",
]
