package access

import (
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// webOrders are what a run-time is told to do, in any language.
var webOrders = []string{"exec", "runtime", "processbuilder", "cmd", "system(", "bash", "/bin/", "wget", "curl", "powershell", "script"}

// webDoors are the doors of management services that run, deploy or change something. Each is public knowledge: a name of the service's own
// interface, and what its exploits have in common. The first that fits names the door.
var webDoors = []webDoor{
	{name: "OMI (WSMAN)", methods: "POST", paths: []string{"/wsman"}, ports: []uint16{5985, 5986, 1270}, noLogin: true, also: unaskedOrder},
	{name: "the Docker API", methods: "POST", paths: []string{"/containers/create", "*/containers/create", "*/exec/", "/exec/"}, ports: []uint16{2375, 2376, 4243}, noLogin: true},
	{name: "the Kubelet API", methods: "POST GET", paths: []string{"/run/", "/exec/", "/containerlogs/"}, ports: []uint16{10250, 10255}, noLogin: true},
	{name: "the etcd API", methods: "GET PUT POST", paths: []string{"/v2/keys", "/v3/kv/"}, ports: []uint16{2379, 2380, 4001}, noLogin: true, also: fromOutside},
	{name: "Hadoop YARN", methods: "POST", paths: []string{"/ws/v1/cluster/apps"}, noLogin: true},
	{name: "Tomcat's manager", methods: "PUT POST GET", paths: []string{"/manager/text/deploy", "/manager/deploy", "/manager/html/upload", "/host-manager/text"}},
	{name: "Tomcat (write by PUT)", methods: "PUT", paths: []string{"*.jsp", "*.jspx", "*.war"}},
	{name: "JBoss", paths: []string{"/jmx-console/htmladaptor", "/invoker/jmxinvokerservlet", "/web-console/invoker", "/invoker/readonly"}, methods: "POST HEAD GET"},
	{name: "Jenkins' script console", methods: "POST", paths: []string{"/script", "/scripttext", "*/descriptorbyname/", "/cli"}, noLogin: true, values: webOrders},
	{name: "WebLogic", methods: "POST", paths: []string{"/wls-wsat/", "/_async/"}},
	{name: "WebLogic's console", paths: []string{"/console/css/", "/console/images/"}, values: []string{"handle=com.", "shellsession", "filesystemxml"}},
	{name: "Solr", methods: "POST GET", paths: []string{"/solr/"}, values: []string{"velocity", "params.resource.loader", "runexecutablelistener", "jndi", "exec("}},
	{name: "Elasticsearch's scripts", methods: "POST GET", paths: []string{"*/_search", "/_search"}, values: []string{"getruntime", "java.lang", "forname("}},
	{name: "Confluence", paths: []string{"/"}, values: []string{"@java.lang", "getengine", "#_memberaccess", "ognl.ognlcontext", "@org.apache.struts2", "com.opensymphony"}},
	{name: "Confluence's set-up", methods: "POST GET", paths: []string{"/setup/setupadministrator", "/server-info.action"}, values: []string{"bootstrapstatusprovider", "setupcomplete"}},
	{name: "Spring", methods: "POST GET", paths: []string{"/"}, values: []string{"class.module.classloader", "t(java.lang", "spel"}},
	{name: "Spring Cloud's gateway", methods: "POST", paths: []string{"/actuator/gateway/routes", "/actuator/env", "/functionrouter"}, noLogin: true},
	{name: "PHPUnit", methods: "POST", paths: []string{"*eval-stdin.php"}},
	{name: "PHP's command line", paths: []string{"/"}, values: []string{"allow_url_include", "auto_prepend_file=php"}},
	{name: "ThinkPHP", paths: []string{"/"}, values: []string{"invokefunction", "call_user_func_array"}},
	{name: "Drupal", methods: "POST", paths: []string{"/user/register", "/"}, values: []string{"#post_render", "#markup", "element_parents=account"}},
	{name: "F5's management", paths: []string{"*/tmui/login.jsp/..;/", "/tmui/login.jsp/..", "/mgmt/tm/util/bash", "/mgmt/shared/authn"}, methods: "POST GET"},
	{name: "Citrix's gateway", paths: []string{"*/vpn/../vpns/", "/vpns/portal/scripts", "*/vpns/cfg/"}},
	{name: "Fortinet's gateway", paths: []string{"*/remote/fgt_lang"}, values: []string{"sslvpn_websession", "../"}},
	{name: "Fortinet's management", methods: "PUT POST", paths: []string{"/api/v2/cmdb/"}, noLogin: true},
	{name: "Pulse's gateway", paths: []string{"/dana-na/../", "*/dana/html5acc/guacamole/../"}},
	{name: "Exchange", methods: "POST GET", paths: []string{"/autodiscover/autodiscover.json", "/ecp/"}, also: exchangeDetour},
	{name: "VMware's management", methods: "POST", paths: []string{"/ui/vropspluginui/rest/services/uploadova", "/analytics/telemetry/ph/", "/ui/h5-vsan/rest/proxy/service", "/catalog-portal/ui/oauth"}},
	{name: "Webmin", methods: "POST", paths: []string{"/password_change.cgi", "/package-updates/update.cgi", "/rpc.cgi"}, values: []string{"|", ";", "`", "$("}},
	{name: "an appliance's diagnosis page", methods: "POST GET", paths: []string{"/gponform/diag", "/boaform/admin/formping", "/goform/", "/cgi-bin/", "/hnap1", "/setup.cgi", "/apply.cgi", "/tmunblock.cgi", "/diagnostic.php", "/command.php", "/ping.cgi", "/board.cgi", "/language/swedish"},
		values: []string{"`", "$(", ";wget", "; wget", ";curl", "|id", ";id", "/bin/sh", "/bin/bash", "busybox", "&cmd=", "syscmd", "/tmp/", "${ifs}", "$ifs", "telnetd", ";cat", "; cat", "|cat", "(){", "() {"}},
	{name: "a router's UPnP service", methods: "POST", paths: []string{"/ctrlt/deviceupgrade", "/upgrade", "/soap.cgi", "/ud/", "/picsdesc.xml", "/wanipcn.xml"}, values: []string{"`", "$(", ";", "/bin/"}},
	{name: "Grafana's plug-ins", paths: []string{"*/public/plugins/"}, values: []string{"../"}},
	{name: "Asterisk's management (FreePBX)", methods: "POST GET", paths: []string{"/admin/config.php", "/recordings/misc/callme_page.php", "/admin/ajax.php", "/vtigercrm/", "/a2billing/", "/recordings/"}, values: []string{"system", "exec", ";", "|", "callme", "../", "passthru", "<?php"}},
	{name: "a telephone system's configuration", methods: "POST GET", paths: []string{"/maint/", "*configedit", "*phpconfig", "*config-edit"}, also: asksForConfiguration},
	{name: "a database's web console", methods: "POST GET", paths: []string{"*phpmyadmin/", "*pma/"}, values: []string{"into outfile", "into dumpfile", "general_log", "xp_cmdshell", "../"}},
	{name: "ActiveMQ's file server", methods: "PUT MOVE", paths: []string{"/fileserver/"}},
	{name: "GitLab's import", methods: "POST", paths: []string{"/uploads/user"}, values: []string{"djvu", "metadata", "copyright"}},
	{name: "SaltStack", methods: "POST", paths: []string{"/run"}, values: []string{"cmd.run", "ssh_priv", "wheel"}},
	{name: "Consul's checks", methods: "PUT", paths: []string{"/v1/agent/check/register", "/v1/agent/service/register"}, noLogin: true, values: []string{"/bin/", "script", "args", "bash", "sh"}},
	{name: "Supervisor, Rundeck or a like service", methods: "POST", paths: []string{"/rpc2"}, values: []string{"system.methodhelp", "execve", "os.system", "supervisord.options"}},
}

// unaskedOrder: the first request of a conversation is an order already, in the clear and without credentials. Windows asks for them first,
// remembers them for the conversation, and has what follows encrypted.
func unaskedOrder(r *events.HTTP) bool {
	return r.TransDepth == 1 && r.RequestLen > 0 && strings.Contains(r.RequestType, "soap") && (r.StatusCode/100 == 2 || webSends(r, []string{"execute", "scx_operatingsystem", "/bin/", "command"}))
}

// fromOutside: the service is one of the house's own, and the client is not.
func fromOutside(r *events.HTTP) bool { return r.OrigH.IsGlobalUnicast() && !r.OrigH.IsPrivate() }

// asksForConfiguration: a file of settings, with the passwords of every line in it, is shown or written over the web.
func asksForConfiguration(r *events.HTTP) bool {
	_, query, _ := strings.Cut(r.URI, "?")
	return strings.Contains(query, ".conf") || strings.Contains(query, "configEdit")
}

// exchangeDetour: the front end is sent on to the back end by a made-up address.
func exchangeDetour(r *events.HTTP) bool {
	return webSends(r, []string{"mapi", "powershell", "x-rps-cat", "nspi", "x-beresource"})
}
