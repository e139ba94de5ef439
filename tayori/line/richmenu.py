"""Rich menus at LINE, the same for everybody: no method here takes a person, so that none can be given a menu (L13)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, NewType

import urllib3
from linebot.v3.messaging import (
    ApiClient,
    Configuration,
    CreateRichMenuAliasRequest,
    MessagingApi,
    MessagingApiBlob,
    RichMenuRequest,
    UpdateRichMenuAliasRequest,
)
from linebot.v3.messaging.exceptions import ApiException
from pydantic.v1 import ValidationError  # the SDK's models are of that version

from tayori.errors import Refused, Unavailable
from tayori.line.answers import places_of
from tayori.line.client import TIMEOUTS, Seconds, unavailable
from tayori.line.wall import Wall, put_behind
from tayori.settings import Settings

MenuId = NewType("MenuId", str)
Json = dict[str, Any]
PICTURE: Final = {"Content-Type": "image/png"}  # without it the SDK writes bytes as JSON
CONNECTIONS: Final = 1


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands at LINE: every menu as it was made, what each alias leads to, and the menu that everybody sees."""

    menus: dict[MenuId, Json] = field(default_factory=dict)
    aliases: dict[str, MenuId] = field(default_factory=dict)
    shown: MenuId | None = None


class MenuClient:
    """Makes, dresses, names, shows and removes menus."""

    def __init__(self, base: str, data_base: str, token: str, *, timeouts: Seconds = TIMEOUTS) -> None:
        self._api = MessagingApi(_client(base, token))
        self._blob = MessagingApiBlob(_client(data_base, token))
        self._timeouts = timeouts

    @classmethod
    def from_settings(cls, settings: Settings) -> "MenuClient":
        """Give the client that the settings name.

        Raises:
            Refused: no address or no access token is set.

        """
        if not settings.line_base or settings.line_access_token is None:
            raise Refused("LINE cannot be reached: set TAYORI_LINE_API_BASE and TAYORI_LINE_ACCESS_TOKEN.")
        return cls(settings.line_base, settings.line_data_base, settings.line_access_token.get_secret_value())

    def standing(self) -> Standing:
        """Give what stands at LINE now.

        Raises:
            Unavailable: LINE could not be asked.

        """
        menus = self._asked(self._api.get_rich_menu_list_with_http_info).richmenus
        aliases = self._asked(self._api.get_rich_menu_alias_list_with_http_info).aliases
        shown = self._there(self._api.get_default_rich_menu_id_with_http_info)
        return Standing(
            {MenuId(one.rich_menu_id): _written(one) for one in menus},
            {one.rich_menu_alias_id: MenuId(one.rich_menu_id) for one in aliases},
            MenuId(shown.rich_menu_id) if shown else None,
        )

    def faults_in(self, menu: Json) -> tuple[str, ...]:
        """Let LINE check a menu without making it; the places that it objects to.

        Raises:
            Unavailable: LINE could not be asked.

        """
        try:
            self._asked(self._api.validate_rich_menu_object_with_http_info, _understood(menu))
        except _Objection as objection:
            return objection.places
        return ()

    def make(self, menu: Json) -> MenuId:
        """Make a menu; nobody sees it before it has its picture and is shown."""
        made = self._asked(self._api.create_rich_menu_with_http_info, _understood(menu))
        return MenuId(made.rich_menu_id)

    def is_dressed(self, menu: MenuId) -> bool:
        """Whether a menu has its picture."""
        return self._there(self._blob.get_rich_menu_image_with_http_info, menu) is not None

    def dress(self, menu: MenuId, picture: bytes) -> None:
        """Give a menu its picture, a PNG; a menu that has one keeps it."""
        self._asked(self._blob.set_rich_menu_image_with_http_info, menu, picture, _headers=PICTURE)

    def name(self, alias: str, menu: MenuId) -> None:
        """Give a menu an alias that is free."""
        wanted = CreateRichMenuAliasRequest(richMenuAliasId=alias, richMenuId=menu)
        self._asked(self._api.create_rich_menu_alias_with_http_info, wanted)

    def rename(self, alias: str, menu: MenuId) -> None:
        """Let an alias lead to another menu, from one moment to the next."""
        self._asked(self._api.update_rich_menu_alias_with_http_info, alias, UpdateRichMenuAliasRequest(richMenuId=menu))

    def unname(self, alias: str) -> None:
        """Remove an alias."""
        self._asked(self._api.delete_rich_menu_alias_with_http_info, alias)

    def show(self, menu: MenuId) -> None:
        """Let everybody see a menu, in place of the one before."""
        self._asked(self._api.set_default_rich_menu_with_http_info, menu)

    def remove(self, menu: MenuId) -> None:
        """Remove a menu."""
        self._asked(self._api.delete_rich_menu_with_http_info, menu)

    def _there(self, question: Callable[..., Any], *given: object) -> Any:  # noqa: ANN401 - the SDK's answer
        try:
            return self._asked(question, *given)
        except _Missing:
            return None

    def _asked(self, question: Callable[..., Any], *given: object, **how: object) -> Any:  # noqa: ANN401 - as above
        try:
            return question(*given, **how, _request_timeout=self._timeouts).data
        except ApiException as error:
            if error.status == HTTPStatus.NOT_FOUND:
                raise _Missing("LINE knows no such menu; somebody removed it meanwhile. Run it again.") from None
            if error.status == HTTPStatus.BAD_REQUEST:
                raise _Objection(places_of(error.body) or ("menu",)) from None
            raise unavailable(error.status) from None
        except urllib3.exceptions.HTTPError:
            raise unavailable(0) from None
        except ValidationError:
            raise Unavailable("LINE answered what it never promised; nothing was lost. Run it again later.") from None


class _Missing(Unavailable):
    """LINE knows no such thing."""


class _Objection(Refused):
    """LINE objects to what was asked; `places` are the properties."""

    def __init__(self, places: tuple[str, ...]) -> None:
        super().__init__(f"LINE refuses the menu at {', '.join(places)}; nothing that residents see was changed.")
        self.places = places


def _client(base: str, token: str) -> Any:  # noqa: ANN401 - the untyped SDK
    return put_behind(Wall(base, connections=CONNECTIONS), ApiClient(Configuration(host=base, access_token=token)))


def _understood(menu: Json) -> RichMenuRequest:
    """Give a menu to the SDK, whose own limits are LINE's."""
    try:
        return RichMenuRequest.from_dict(menu)
    except ValidationError as error:
        places = tuple(".".join(map(str, one["loc"])) for one in error.errors())
    raise _Objection(places)


def _written(menu: Any) -> Json:  # noqa: ANN401 - the untyped SDK
    """Write a menu as it was made, without the id that LINE gave it."""
    written: Json = menu.to_dict()
    return {name: value for name, value in written.items() if name != "richMenuId"}
