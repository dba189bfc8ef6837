-- What Trino's IPADDRESS is to Athena: an address as 32 hexadecimal digits, in the order of addresses; NULL for what is none.
CREATE MACRO v4_digits(x) AS printf('%02x%02x%02x%02x',
    split_part(x, '.', 1)::INTEGER, split_part(x, '.', 2)::INTEGER, split_part(x, '.', 3)::INTEGER, split_part(x, '.', 4)::INTEGER);
CREATE MACRO is_v4(x) AS regexp_full_match(x, '((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\.|$)){4}') AND NOT ends_with(x, '.');
CREATE MACRO v4_of(x) AS regexp_extract(x, '[0-9.]*$');
-- An IPv4 address at the end of an IPv6 one stands for its last two groups.
CREATE MACRO only_groups(x) AS CASE WHEN is_v4(v4_of(x)) AND contains(v4_of(x), '.')
    THEN regexp_replace(x, '[0-9.]*$', '') || v4_digits(v4_of(x))[1:4] || ':' || v4_digits(v4_of(x))[5:8] ELSE x END;
CREATE MACRO digits_of(x) AS CASE WHEN x = '' THEN [] ELSE list_transform(string_split(x, ':'), lambda g: lpad(g, 4, '0')) END;
CREATE MACRO filled(l, r) AS array_to_string(l || list_transform(range(8 - len(l) - len(r)), lambda i: '0000') || r, '');
CREATE MACRO v6_digits(x) AS CASE
    WHEN NOT regexp_full_match(x, '[0-9A-Fa-f]{0,4}(:[0-9A-Fa-f]{0,4}){2,8}') THEN NULL
    WHEN contains(x, '::') THEN filled(digits_of(split_part(x, '::', 1)), digits_of(split_part(x, '::', 2)))
    ELSE filled(digits_of(x), []) END;
CREATE MACRO address_key(x) AS CASE
    WHEN is_v4(x) THEN repeat('0', 20) || 'ffff' || v4_digits(x)
    WHEN contains(x, ':') AND length(v6_digits(only_groups(x))) = 32 THEN lower(v6_digits(only_groups(x)))
    END;
