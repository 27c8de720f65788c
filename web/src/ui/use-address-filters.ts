import { useSearchParams } from 'react-router';

/** The filters and the page of a list, which are kept in the page's address, so that a link shows the same list. */
export interface AddressFilters<Name extends string> {
  /** The text of a filter; empty if it is not set. */
  textOf: (name: Name) => string;
  isFiltered: boolean;
  /** The cursor after which the page begins; undefined for the first page. */
  after: string | undefined;
  /** Sets a filter, or the cursor. Another filter begins at the first page. */
  change: (name: Name | 'after', value: string) => void;
  reset: () => void;
}

/**
 * The filters with these names.
 *
 * @param typed a filter that is searched while the user types: "Back" leaves the page, instead of going through what was typed
 */
export function useAddressFilters<Name extends string>(
  names: readonly Name[],
  typed?: Name,
): AddressFilters<Name> {
  const [search, setSearch] = useSearchParams();
  const textOf = (name: Name) => search.get(name) ?? '';
  return {
    textOf,
    isFiltered: names.some((name) => textOf(name) !== ''),
    after: search.get('after') ?? undefined,
    change: (name, value) =>
      setSearch(
        (current) => {
          const next = new URLSearchParams(current);
          next.delete('after'); // a cursor is only valid for its filters
          if (value === '') next.delete(name);
          else next.set(name, value);
          return next;
        },
        { replace: name === typed },
      ),
    reset: () => setSearch({}),
  };
}
