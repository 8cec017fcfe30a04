"""Who signs a strip plan: the names of its signature fields."""

from typing import Literal, get_args

Role = Literal["prescriber", "pharmacist", "second_check"]
ROLES: tuple[Role, ...] = get_args(Role)
