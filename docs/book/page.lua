-- One page of the book: a session becomes a transcript that can be stepped
-- through, a link to a page or file of the tree one to its place in the book.
--
-- Metadata: path (the page, from the top of the tree), root (from the page
-- back to the top), twin (the page in the other language, from this one, or
-- ""), wanted (a file: what is linked and no page is written there, a line
-- each), programs (a file: the chapters' programs, "chNN_x/NAME.c" a line).
local path, folder, root, twin, wanted, korean, prefix
local programs, mentioned = {}, {}
local number = 0

local function escape(text)
  return (text:gsub('&', '&amp;'):gsub('<', '&lt;'):gsub('>', '&gt;')
              :gsub('"', '&quot;'))
end

-- a/b/../c -> a/c
local function normal(name)
  local parts = {}
  for part in name:gmatch('[^/]+') do
    if part == '..' then table.remove(parts)
    elseif part ~= '.' then table.insert(parts, part) end
  end
  return table.concat(parts, '/')
end

local function is_folder(name)
  local file = io.open(name .. '/.', 'r')
  if file then file:close() end
  return file ~= nil
end

-- Where the book has a page or file of the tree.
local function in_book(name)
  if name:match('README%.md$') then return (name:gsub('README%.md$', 'index.html')) end
  if name:match('README%.ko%.md$') then return (name:gsub('README%.ko%.md$', 'index.ko.html')) end
  if name:match('%.md$') then return (name:gsub('%.md$', '.html')) end
  if name:match('%.svg$') then return name end
  wanted:write(name, '\n')
  if is_folder(name) then return name .. '/files.html' end
  return name .. '.html'
end

local function Link(link)
  local target = link.target
  if target:match('^[a-z]+:') or target:match('^#') or target == '' then return nil end
  local name, anchor = target:match('^([^#]*)(.*)$')
  link.target = root .. in_book(normal(folder .. '/' .. name)) .. anchor
  return link
end

-- The source of a program is one click from its first mention on a page.
local function link_mention(code)
  local file = programs[code.text]
  if not file or mentioned[code.text] then return nil end
  mentioned[code.text] = true
  return pandoc.Link({code}, root .. in_book(file))
end

local words = {
  en = {ends = 'ends with status', by = 'ends by', more = 'more lines',
        key = 'Ctrl-', session = 'Session', other = '한국어',
        other_lang = 'ko'},
  ko = {ends = '종료 상태', by = '시그널로 종료:', more = '이하 생략', key = 'Ctrl-',
        session = '세션', other = 'English', other_lang = 'en'},
}

-- One line of a session: its kind, terminal, text. Terminals have names of
-- a-z, 0-9, _ and -; a session with one terminal has none.
local function step(line, single)
  local who, mark, text
  if line:match('^# ') or line == '#' then return 'say', '', line:sub(3) end
  if single then
    who, mark, text = '', line:match('^([$>?^])(.*)$')
    if line == '...' then return 'more', '', '' end
    if not mark then return 'out', '', line end
  else
    who, mark, text = line:match('^([a-z0-9_-]+)([$:>?^])(.*)$')
    if not who then return 'out', '', line end
  end
  text = text:gsub('^ ', '', 1)
  if mark == '$' then return 'cmd', who, text end
  if mark == '>' then return 'typed', who, text end
  if mark == '^' then return 'key', who, text end
  if mark == '?' then return 'end', who, text end
  if text == '...' then return 'more', who, '' end
  return 'out', who, text
end

local function is_single(text)
  for line in (text .. '\n'):gmatch('(.-)\n') do
    if line:match('^%$') then return true end
    if line:match('^[a-z0-9_-]+%$ ') then return false end
  end
  return true
end

local function session(block)
  local say = words[korean and 'ko' or 'en']
  local name = block.attributes.name or ''
  local single, html = is_single(block.text), {}
  local id = name == '' and '' or ' id="' .. prefix .. 'session-' .. name .. '"'
  table.insert(html, string.format(
    '<div class="session"%s data-name="%s"><ol aria-label="%s %s">', id,
    name, say.session, name))
  for line in (block.text .. '\n'):gmatch('(.-)\n') do
    local kind, who, text = step(line, single)
    local mark = {cmd = '$ ', typed = '> ', out = ': '}
    local label = ''
    if kind ~= 'say' and not (single and (kind == 'out' or kind == 'more')) then
      label = '<span class="who">' .. who .. (mark[kind] or ' ') .. '</span>'
    end
    if single and kind == 'out' then label = '' end
    local body = escape(text)
    if kind == 'cmd' or kind == 'typed' then
      body = '<kbd>' .. (text == '' and 'Enter ⏎' or body) .. '</kbd>'
    elseif kind == 'key' then body = '<kbd>' .. say.key .. body .. '</kbd>'
    elseif kind == 'out' then body = '<samp>' .. body .. '</samp>'
    elseif kind == 'more' then body = '<span class="note">… ' .. say.more .. '</span>'
    elseif kind == 'end' then
      body = '<span class="note">' .. (text:match('^%d') and say.ends or say.by)
             .. ' <b>' .. body .. '</b></span>'
    end
    table.insert(html, string.format('<li class="%s" data-who="%s">%s%s</li>',
                                     kind, who, label, body))
  end
  table.insert(html, '</ol></div>')
  return pandoc.RawBlock('html', table.concat(html, '\n'))
end

local function CodeBlock(block)
  local language = block.classes[1]
  if language == 'console' then return session(block) end
  local file = block.attributes.file
  if language ~= 'c' or not file then
    -- Wide lines scroll inside: by the keyboard, too.
    return pandoc.Div({block}, {class = 'scroll', tabindex = '0'})
  end
  block.attributes = {}
  -- Its own indentation is no use here.
  local least = 99
  for line in block.text:gmatch('[^\n]+') do
    if not line:match('^%.%.%.$') then
      least = math.min(least, #line:match('^ *'))
    end
  end
  block.text = ('\n' .. block.text):gsub('\n' .. (' '):rep(least), '\n')
                 :sub(2)
  local link = pandoc.Link({pandoc.Code(file)}, file)
  return pandoc.Div({pandoc.Div({pandoc.Plain({link})}, {class = 'file'}),
                     pandoc.Div({block}, {class = 'scroll', tabindex = '0'})},
                    {class = 'quote'})
end

local function RawBlock(block)
  if block.text:match('^<!%-%-') then return {} end
end

local function Header(header)
  local say = words[korean and 'ko' or 'en']
  number = number + 1
  header.identifier = prefix .. header.identifier
  local place = pandoc.Span({}, {id = prefix .. 's-' .. number})
  header.content:insert(1, place)
  if twin ~= '' and header.level < 4 then
    header.content:insert(pandoc.RawInline('html', string.format(
      ' <a class="twin" lang="%s" hreflang="%s" href="%s#s-%d">%s</a>',
      say.other_lang, say.other_lang, twin, number, say.other)))
  end
  return header
end

local function Table(block)
  return pandoc.Div({block}, {class = 'scroll', tabindex = '0'})
end

local function setup(meta)
  local get = function(key) return pandoc.utils.stringify(meta[key] or '') end
  path, root, twin, prefix = get('path'), get('root'), get('twin'), get('prefix')
  folder = path:match('^(.*)/[^/]*$') or '.'
  korean = path:match('%.ko%.md$') ~= nil
  wanted = io.open(get('wanted'), 'a')
  for file in io.lines(get('programs')) do
    programs[file:match('([^/]+)%.c$') or ''] = file
  end
end

local function finish(document)
  setup(document.meta)
  document = document:walk({Header = Header, CodeBlock = CodeBlock,
                            RawBlock = RawBlock, Table = Table})
  document = document:walk({Link = Link})
  -- No link in a link, and none in a heading.
  local inside = {Link = function(link) return link, false end,
                  Header = function(header) return header, false end,
                  Code = link_mention, traverse = 'topdown'}
  document = document:walk(inside)
  wanted:close()
  return document
end

return {{Pandoc = finish}}
