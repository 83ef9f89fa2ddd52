-- The tables of v1, as far as an import is concerned.
CREATE TABLE tenants (id int PRIMARY KEY, slug text, name text, type text, status text, plan text, created_at timestamptz DEFAULT now());
CREATE TABLE users (id int PRIMARY KEY, email text, display_name text);
CREATE TABLE gateways (id int PRIMARY KEY, tenant_id int, name text, gateway_class text, region text, listeners jsonb, status text, created_at timestamptz DEFAULT now());
CREATE TABLE api_services (id int PRIMARY KEY, tenant_id int, gateway_id int, name text, version text, description text, labels jsonb, status text, color text, updated_at timestamptz DEFAULT now());
CREATE TABLE backends (id int PRIMARY KEY, api_service_id int, name text, scheme text, url text, endpoints jsonb, lb_policy text, consistent_hash jsonb, timeout_ms int, health_check jsonb, circuit_breaker jsonb, retry jsonb);
CREATE TABLE routes (id bigint PRIMARY KEY, api_service_id int, name text, hostnames text[], path_exact text, path_prefix text, path_regex text, methods text[], headers jsonb, query_params jsonb, backend_id int, backend_refs jsonb, priority int, tags text[], timeouts jsonb, status text);
CREATE TABLE policies (id int PRIMARY KEY, tenant_id int, name text, scope text, api_service_id int, route_id int, category text, type text, spec json, priority int, enabled boolean DEFAULT true);
CREATE TABLE products (id int PRIMARY KEY, provider_tenant_id int, name text, version text, description text, categories text[], api_services int[], docs_url text, logo_url text, status text);
CREATE TABLE plans (id int PRIMARY KEY, product_id int, name text, description text, pricing_model text, rate_limit jsonb, quota jsonb, price jsonb);
CREATE TABLE product_publishes (id int PRIMARY KEY, provider_tenant_id int, product_id int, gateway_id int, environment varchar(16), hostname_base text, api_services int[], route_ids bigint[], auth_mode text, auth_config jsonb, visibility text, approval_required boolean, status text, published_at timestamptz);
CREATE TABLE api_keys (id int PRIMARY KEY, consumer_id int, key_prefix text, key_hash text, status text);
CREATE TABLE schema_migrations (version text);
INSERT INTO schema_migrations VALUES ('2024-01-01'), ('2025-01-01');
-- An import needs no more than this.
CREATE ROLE reader LOGIN PASSWORD 'reader-secret';
GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
