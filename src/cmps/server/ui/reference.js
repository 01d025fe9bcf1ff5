// Swagger's page of the API. Who is logged in may try requests: they carry the token that changes need.
const me = await fetch("/api/v1/me");
const csrf = me.ok ? (await me.json()).csrf : "";
window.SwaggerUIBundle({
  url: "/api/v1/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  requestInterceptor: (request) => {
    if (csrf) request.headers["X-CSRF-Token"] = csrf;
    return request;
  },
});
