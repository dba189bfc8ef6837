package deploy

// SignInPath is the page of the console that people are led back to, with a code or signed out: infrastructure registers it at the user pool,
// and leads nobody anywhere else.
const SignInPath = "/sign-in"

// SignInScopes is what a token of the console's says of somebody: who they are, and nothing with which they could change what is known of
// them.
func SignInScopes() []string { return []string{"openid", "email"} }
