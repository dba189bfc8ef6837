package http

import "bytes"

// magic is a mark that tells a file's type. Names are those that Zeek gives.
type magic struct {
	at   int
	mark string
	mime string
}

// magics is in order of asking: a longer mark stands before a shorter one that it begins with.
var magics = [...]magic{
	{0, "\x89PNG\r\n\x1a\n", "image/png"},
	{0, "\xff\xd8\xff", "image/jpeg"},
	{0, "GIF87a", "image/gif"},
	{0, "GIF89a", "image/gif"},
	{0, "BM", "image/x-ms-bmp"}, // checked further by isBitmap
	{0, "II*\x00", "image/tiff"},
	{0, "MM\x00*", "image/tiff"},
	{0, "\x00\x00\x01\x00", "image/x-icon"},
	{8, "WEBP", "image/webp"},
	{0, "MZ", "application/x-dosexec"},
	{0, "\x7fELF", "application/x-executable"},
	{0, "\xca\xfe\xba\xbe", "application/x-java-applet"},
	{0, "\xfe\xed\xfa\xce", "application/x-mach-o-executable"},
	{0, "\xfe\xed\xfa\xcf", "application/x-mach-o-executable"},
	{0, "\xce\xfa\xed\xfe", "application/x-mach-o-executable"},
	{0, "\xcf\xfa\xed\xfe", "application/x-mach-o-executable"},
	{0, "\x00asm", "application/wasm"},
	{0, "dex\n03", "application/x-dex"},
	{0, "PK\x03\x04", "application/zip"}, // refined by zipKind
	{0, "PK\x05\x06", "application/zip"},
	{0, "\x1f\x8b", "application/x-gzip"},
	{0, "BZh", "application/x-bzip2"},
	{0, "\xfd7zXZ\x00", "application/x-xz"},
	{0, "\x28\xb5\x2f\xfd", "application/zstd"},
	{0, "7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"},
	{0, "Rar!\x1a\x07", "application/x-rar"},
	{0, "MSCF", "application/vnd.ms-cab-compressed"},
	{257, "ustar", "application/x-tar"},
	{0, "%PDF-", "application/pdf"},
	{0, "%!PS", "application/postscript"},
	{0, "{\\rtf", "text/rtf"},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/msword"},
	{0, "FWS", "application/x-shockwave-flash"},
	{0, "CWS", "application/x-shockwave-flash"},
	{0, "ID3", "audio/mpeg"},
	{8, "WAVE", "audio/x-wav"},
	{8, "AVI ", "video/x-msvideo"},
	{0, "OggS", "application/ogg"},
	{0, "fLaC", "audio/x-flac"},
	{0, "FLV\x01", "video/x-flv"},
	{4, "ftyp", "video/mp4"},
	{0, "\x1a\x45\xdf\xa3", "video/webm"},
	{0, "\x00\x00\x01\xba", "video/mpeg"},
	{0, "wOFF", "application/font-woff"},
	{0, "wOF2", "application/font-woff2"},
	{0, "\x00\x01\x00\x00\x00", "application/x-font-ttf"},
	{0, "OTTO", "application/vnd.ms-opentype"},
	{0, "L\x00\x00\x00\x01\x14\x02\x00", "application/x-ms-shortcut"},
	{0, "SQLite format 3\x00", "application/x-sqlite3"},
	{0, "-----BEGIN CERTIFICATE-----", "application/x-pem"},
	{0, "\xd4\xc3\xb2\xa1", "application/vnd.tcpdump.pcap"},
	{0, "\xa1\xb2\xc3\xd4", "application/vnd.tcpdump.pcap"},
}

// markup is a beginning of a text that tells its type; lower case, compared without regard to case.
var markup = [...]struct{ mark, mime string }{
	{"<!doctype html", "text/html"},
	{"<html", "text/html"},
	{"<head", "text/html"},
	{"<title", "text/html"},
	{"<body", "text/html"},
	{"<script", "text/html"},
	{"<svg", "image/svg+xml"},
	{"<!doctype svg", "image/svg+xml"},
	{"<?php", "text/x-php"},
	{"<%@", "text/x-jsp"},
	{"#!", "text/x-shellscript"},
	{"<soap", "application/soap+xml"},
}

// sniff tells the type of a body by its first bytes, in the way of Zeek's names; "" for what it does not know.
func sniff(b []byte) string {
	for i := range magics {
		m := &magics[i]
		if len(b) >= m.at+len(m.mark) && b[m.at] == m.mark[0] && string(b[m.at:m.at+len(m.mark)]) == m.mark {
			return refine(b, m.mime)
		}
	}
	return sniffText(b)
}

// refine looks closer at the marks that are too short or too common to be trusted alone.
func refine(b []byte, mime string) string {
	switch mime {
	case "image/x-ms-bmp", "application/x-dosexec":
		if isText(b) {
			return sniffText(b)
		}
	case "application/zip":
		return zipKind(b)
	case "application/x-executable":
		if len(b) > 16 && b[16] == 3 { // e_type ET_DYN
			return "application/x-sharedlib"
		}
	case "application/x-java-applet":
		// Java's class files share their mark with fat Mach-O files, whose next number is a small count.
		if len(b) > 7 && b[6] == 0 && b[7] < 20 {
			return "application/x-mach-o-executable"
		}
	}
	return mime
}

// zipKind tells the documents that are ZIP files by the name of their first members.
func zipKind(b []byte) string {
	switch {
	case bytes.Contains(b, []byte("META-INF/")):
		return "application/java-archive"
	case bytes.Contains(b, []byte("word/")):
		return "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	case bytes.Contains(b, []byte("xl/")):
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case bytes.Contains(b, []byte("ppt/")):
		return "application/vnd.openxmlformats-officedocument.presentationml.presentation"
	case bytes.Contains(b, []byte("AndroidManifest.xml")):
		return "application/vnd.android.package-archive"
	}
	return "application/zip"
}

// sniffText tells the kinds of text.
func sniffText(b []byte) string {
	if !isText(b) {
		return ""
	}
	t := bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	t = bytes.TrimLeft(t, " \t\r\n")
	for _, m := range markup {
		if hasPrefixFold(t, m.mark) {
			return m.mime
		}
	}
	switch {
	case hasPrefixFold(t, "<?xml"):
		return xmlKind(t)
	case looksLikeJSON(t):
		return "text/json"
	case hasPrefixFold(t, "<!--") && indexFold(t, "<html") >= 0:
		return "text/html"
	}
	return "text/plain"
}

// xmlKind tells the well-known kinds of XML by their first element.
func xmlKind(t []byte) string {
	switch {
	case indexFold(t, "<svg") >= 0:
		return "image/svg+xml"
	case indexFold(t, "<rss") >= 0:
		return "text/rss"
	case indexFold(t, "<html") >= 0:
		return "text/html"
	case indexFold(t, ":envelope") >= 0:
		return "application/soap+xml"
	}
	return "application/xml"
}

// looksLikeJSON wants an opening brace with a quoted name, or an opening bracket with the start of a value.
func looksLikeJSON(t []byte) bool {
	if len(t) == 0 || t[0] != '{' && t[0] != '[' {
		return false
	}
	rest := bytes.TrimLeft(t[1:], " \t\r\n")
	if len(rest) == 0 {
		return false
	}
	if t[0] == '{' {
		return rest[0] == '"' || rest[0] == '}'
	}
	return bytes.IndexByte([]byte(`{["]-tfn0123456789`), rest[0]) >= 0
}

// isText says whether b holds no byte that text does not: control characters other than white space and escape.
func isText(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b || c == 0x7f {
			return false
		}
	}
	return len(b) > 0 && validMostly(b)
}

// validMostly allows UTF-8 and the older eight-bit alphabets, but not what is eight-bit for the most part.
func validMostly(b []byte) bool {
	high := 0
	for _, c := range b {
		if c >= 0x80 {
			high++
		}
	}
	return high == 0 || high*10 < len(b)*9
}
