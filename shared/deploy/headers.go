package deploy

// What a browser is told with every page and file of the console. CloudFront adds it in AWS and the server elsewhere: one text for both, so
// that what was tried on a laptop is what holds in an account.
const (
	// ContentPolicy lets the console load from its own host alone, and nothing inline: fonts and pictures are files of their own.
	ContentPolicy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
		"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	// Permissions takes from the console what it never needs.
	Permissions = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()"
	// StrictSeconds is how long a browser asks for the host by TLS alone.
	StrictSeconds = 2 * 365 * 24 * 3600
)
